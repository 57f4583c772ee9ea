/** The texts of the fake lab: corpus, demonstrations, prompts, answers and their scores. */
import type { CorpusPage, DemonstrationRecord, LabApi, Sample } from '../../src/lab/api';
import { CORPUS, DEMONSTRATIONS, noise, PROMPTS, sampleOf } from './fakeTexts';

export class FakeLibrary {
  private readonly demonstrationList: DemonstrationRecord[] = [...DEMONSTRATIONS];

  constructor(private readonly note: (name: string, ...args: unknown[]) => void) {}

  async corpus(from: number, count: number): Promise<CorpusPage> {
    return {
      total: 5120,
      documents: Array.from({ length: count }, (_, i) => CORPUS[(from + i) % CORPUS.length]!),
      shares: { stories: 0.31, facts: 0.2, forum: 0.25, skills: 0.24 },
    };
  }
  async demonstrations(from: number, count: number) {
    return {
      total: this.demonstrationList.length,
      items: this.demonstrationList.slice(from, from + count),
    };
  }
  async putDemonstration(item: DemonstrationRecord, index?: number): Promise<void> {
    this.note('putDemonstration', item, index);
    if (index === undefined) this.demonstrationList.push(item);
    else this.demonstrationList[index] = item;
  }
  async insertDemonstration(item: DemonstrationRecord, index: number): Promise<void> {
    this.note('insertDemonstration', item, index);
    this.demonstrationList.splice(index, 0, item);
  }
  async removeDemonstration(index: number): Promise<DemonstrationRecord> {
    this.note('removeDemonstration', index);
    return this.demonstrationList.splice(index, 1)[0]!;
  }
  async prompts(_split: string, count: number, seed: number): Promise<string[]> {
    return Array.from({ length: count }, (_, i) => PROMPTS[(i + seed) % PROMPTS.length]!);
  }
  async sample(request: Parameters<LabApi['sample']>[0]): Promise<Sample[]> {
    this.note('sample', request);
    return request.prompts.map((prompt, i) => ({
      ...sampleOf(request.model, Math.max(0, PROMPTS.indexOf(prompt)) + i * 0, 0.7),
      prompt,
    }));
  }
  async score(prompt: string, completion: string) {
    this.note('score', prompt, completion);
    const tokens = [...(completion.match(/ ?\w+|[^\w\s]/g) ?? []), '<|endoftext|>'];
    return {
      tokens,
      rewards: tokens.map((_, i) => 0.15 * i - 0.4 + 0.5 * noise(i + completion.length)),
      trueReward: 0.82,
      explanations: ['names the colour', 'one word longer than apt'],
    };
  }
}
