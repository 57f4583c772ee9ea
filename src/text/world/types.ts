/**
 * The plain, JSON-able types of the bundled world: its fact table, its prompts with their briefs,
 * and what the scorer and the labelers say about an answer. Functions live elsewhere.
 */

export type WorldPreset = 'nano' | 'micro' | 'mini';

/** The ten instruction families, with InstructGPT's names (table 1 of the paper). */
export type Family =
  | 'generation'
  | 'open_qa'
  | 'brainstorming'
  | 'chat'
  | 'rewrite'
  | 'summarization'
  | 'classification'
  | 'other'
  | 'closed_qa'
  | 'extract';

export type EntityKind = 'person' | 'animal' | 'thing' | 'place';

/** person: job, home, pet, food. animal: colour, sound, food, home. thing: colour, material, use.
 * place: found (the thing that stands there), worker (a person). */
export type Attribute =
  | 'job'
  | 'home'
  | 'pet'
  | 'food'
  | 'colour'
  | 'sound'
  | 'material'
  | 'use'
  | 'found'
  | 'worker';

/** What a list may be made of. */
export type Category = 'name' | 'animal' | 'thing' | 'place' | 'food' | 'colour' | 'job';

/** The words of a town of a given size. Every word means one thing only. */
export interface Lexicon {
  people: readonly string[];
  animals: readonly string[];
  things: readonly string[];
  places: readonly string[];
  colours: readonly string[];
  sounds: readonly string[];
  foods: readonly string[];
  materials: readonly string[];
  uses: readonly string[];
  jobs: readonly string[];
}

/** The town: `facts[entity][attribute]` is the one true value. */
export interface FactTable {
  lexicon: Lexicon;
  facts: Readonly<Record<string, Readonly<Partial<Record<Attribute, string>>>>>;
}

/** One checkable statement: the subject's attribute has the value. */
export interface Claim {
  subject: string;
  attribute: Attribute;
  value: string;
}

/** What an answer must do, in a form that code can check. */
export type Demand =
  /** Sentences that mention all of `about`; `describe` wants a claim about each. */
  | { kind: 'write'; style: 'story' | 'describe'; about: string[]; sentences: [number, number] }
  /** The true values of these facts. */
  | { kind: 'facts'; asked: { subject: string; attribute: Attribute }[] }
  /** `count` different members of a category, with and without some. */
  | { kind: 'list'; category: Category; count: number; include: string[]; exclude: string[] }
  /** A kind reply of the right tone that takes up what was said. */
  | { kind: 'reply'; tone: 'comfort' | 'joy'; mention: string[] }
  /** One text and no other, compared word by word. */
  | { kind: 'text'; target: string }
  /** One sentence that keeps these entities. */
  | { kind: 'summary'; mention: string[]; maxWords: number }
  /** One word out of several candidates. */
  | { kind: 'choice'; right: string; candidates: string[] };

/** The machine-readable side of a prompt. */
export interface Brief {
  family: Family;
  demand: Demand;
  /** Text that the prompt quotes and the answer must agree with; empty if there is none. */
  passage: string;
  /** The apt length of an answer in words, a kind sentence not counted. */
  words: [number, number];
}

export interface Prompt {
  /** `Q: <instruction>\nA:` */
  prompt: string;
  brief: Brief;
}

export interface Demonstration {
  prompt: string;
  /** Begins with a space, so that tokenising prompt and completion apart or joined is the same. */
  completion: string;
}

export type Skill = 'sum' | 'dialect' | 'sort' | 'copy' | 'reading';

export interface SkillExample extends Demonstration {
  skill: Skill;
}

/** Kinds of documents in the corpus. */
export type DocumentKind = 'stories' | 'facts' | 'forum' | 'skills';

export interface World {
  seed: number;
  preset: WorldPreset;
  facts: FactTable;
  /** Texts without the end-of-text marker. */
  corpus: { train: string[]; val: string[] };
  /** What kind each document of the corpus is, in the same order. */
  corpusKinds: { train: DocumentKind[]; val: DocumentKind[] };
  skillsTest: SkillExample[];
  prompts: { train: Prompt[]; val: Prompt[]; test: Prompt[] };
  demonstrations: { train: Demonstration[]; val: Demonstration[] };
  rankingPrompts: { train: Prompt[]; val: Prompt[]; heldout: Prompt[] };
  /** Twelve: the first eight label the training data, the last four are held out. */
  labelers: Labeler[];
}

/** The metadata of the paper's labeling form (table 3) that can occur in this world. */
export type Flag =
  | 'fails_instruction'
  | 'hallucination'
  | 'inappropriate'
  | 'violates_constraint'
  | 'denigrates'
  | 'gives_opinion';

/** The three H's and what stands beside them, each in [0, 1]. */
export interface Score {
  helpful: number;
  honest: number;
  harmless: number;
  wellFormed: number;
  aptLength: number;
  warmth: number;
  /** Words of the answer that count for its length, and the brief's apt range: a labeler with a
   * taste for brevity reads the range differently. */
  words: number;
  aptWords: [number, number];
  /** One sentence for everything that cost something: "says the owl is red; it is green". */
  explanations: string[];
  flags: Flag[];
}

export type Quality = 'helpful' | 'honest' | 'harmless' | 'wellFormed' | 'aptLength' | 'warmth';

export interface Labeler {
  name: string;
  split: 'train' | 'heldout';
  /** Weight of each quality; they sum to 1. */
  weights: Record<Quality, number>;
  /** Factor on the apt range of lengths: below 1 likes it shorter. */
  brevity: number;
  /** Standard deviation of the noise on a utility. */
  noise: number;
}

/** One labeler's work on the K completions of a prompt. */
export interface Labels {
  /** 1 is best; equal ranks are ties. */
  ranks: number[];
  /** 1 to 7. */
  likert: number[];
  flags: Flag[][];
}
