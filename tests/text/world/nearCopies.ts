/** A prompt without its wording: two prompts with the same fingerprint ask for the same. */

const WORDINGS: readonly [RegExp, string][] = [
  [/^(Write a story about|Tell a tale of|Write \w+ lines? about|Tell me about|Tell of)/, 'compose'],
  [/^(Give|List)/, 'list'],
  [/^(Sum up|In short):/, 'shorten'],
  [/\b(happy|glad|calm)\b(?! or sad)/g, 'glad'],
  [/(?<!happy or )\b(sad|tired|mad)\b/g, 'sad'],
];

/** The instruction of a prompt, or of a question in a forum thread. */
export function instructionOf(prompt: string): string {
  return prompt.replace(/^Q: /, '').replace(/\nA:[\s\S]*$/, '');
}

/** Its words, whatever their order, case, punctuation and wording. */
export function fingerprint(prompt: string): string {
  let text = instructionOf(prompt);
  for (const [pattern, word] of WORDINGS) text = text.replace(pattern, word);
  return (text.toLowerCase().match(/[a-z]+|\d+/g) ?? []).sort().join(' ');
}

/** Every question asked in a document of the corpus. */
export function questionsIn(document: string): string[] {
  return document
    .split('\n')
    .filter((line) => line.startsWith('Q: '))
    .map((line) => line.slice(3));
}
