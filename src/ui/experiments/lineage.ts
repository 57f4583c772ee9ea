/**
 * Which model came of which: over an experiment, and over the copies that were made of it. A line
 * goes from the weights that a training began with to those that it left. A copy's models that are
 * still the very ones of its parent are the parent's. Plain functions.
 */
import { MODELS, type ModelName, STAGES, type Stage, type Training } from '../../config/stages';
import type { ExperimentAccount, ExperimentSummary, MetricRow } from '../../lab/api';
import { formatFixed, formatNumber, formatPercent } from '../format';
import { MODEL_NAMES } from '../parts/writers';

/** The weights that each model began with. */
const BEGAN_AS: Readonly<Record<ModelName, ModelName | null>> = {
  base: null,
  sft: 'base',
  sft_for_rl: 'base',
  reward: 'sft',
  value: 'reward',
  policy: 'sft_for_rl',
  policy_raw: 'sft_for_rl',
};

/** The model that a training begins with. */
const STARTS_FROM: Readonly<Record<Training, ModelName | null>> = {
  base: null,
  sft: 'base',
  sft_for_rl: 'base',
  reward: 'sft',
  ppo: 'sft_for_rl',
  evaluate: null,
};

export const trainingOf = (model: ModelName): Training =>
  model === 'policy' || model === 'policy_raw' || model === 'value' ? 'ppo' : model;

export const stageOf = (training: Training): Stage =>
  training === 'sft_for_rl' ? 'sft' : training;

export interface LineageNode {
  readonly key: string;
  /** The experiment that trained it. */
  readonly experiment: ExperimentSummary;
  /** Null for a checkpoint of a training that stands half-way. */
  readonly model: ModelName | null;
  readonly training: Training;
  readonly title: string;
  readonly step: number | null;
  readonly tokens: number | null;
  /** The figure on texts that it was not trained on. */
  readonly figure: { readonly label: string; readonly value: string } | null;
  /** When it was finished. */
  readonly made: number | null;
  /** Where its weights came from when that is not among the nodes. */
  readonly origin: string | null;
  readonly children: LineageNode[];
}

/** The experiment that a parent link names, if it is there: by its id here, or where it was made. */
function parentAmong<One extends { readonly summary: ExperimentSummary }>(
  all: readonly One[],
  { summary }: One,
): One | undefined {
  const id = summary.parent?.id;
  if (id === undefined) return undefined;
  return all.find((one) => one.summary.id === id) ?? all.find((one) => one.summary.origin === id);
}

/** The experiment, everything it was copied from, and every copy of those. */
export function familyOf(id: string, all: readonly ExperimentSummary[]): ExperimentSummary[] {
  const boxes = all.map((summary) => ({ summary }));
  const rootOf = (box: (typeof boxes)[number]) => {
    const seen = new Set<string>();
    let at = box;
    // A link that leads back to itself, from files taken in twice, ends where it began.
    while (!seen.has(at.summary.id)) {
      seen.add(at.summary.id);
      const before = parentAmong(boxes, at);
      if (!before) break;
      at = before;
    }
    return at.summary.id;
  };
  const mine = boxes.find(({ summary }) => summary.id === id);
  if (!mine) return [];
  const root = rootOf(mine);
  return boxes.filter((box) => rootOf(box) === root).map(({ summary }) => summary);
}

/** The experiment whose training made a model, going back over copies. */
function makerOf(
  account: ExperimentAccount,
  model: ModelName,
  all: readonly ExperimentAccount[],
): ExperimentAccount {
  const { parent } = account.summary;
  const before = parentAmong(all, account);
  if (!before || before === account || !parent?.models.includes(model)) return account;
  // The parent may have trained it again since.
  const same = before.models.includes(model) && before.made[model] === account.made[model];
  return same ? makerOf(before, model, all) : account;
}

const figureOf = ({ report, last }: ExperimentAccount, model: ModelName): LineageNode['figure'] => {
  const figure = (label: string, value: number | undefined, format: (value: number) => string) =>
    value === undefined || !Number.isFinite(value) ? null : { label, value: format(value) };
  const loss = (value: number | undefined) =>
    figure('validation loss', value, (nats) => `${formatNumber(nats)} nats a token`);
  const two = (value: number) => formatFixed(value, 2);
  switch (model) {
    case 'base':
      return loss(report.base?.val_loss);
    case 'sft':
      return loss(report.sft?.val_loss);
    case 'sft_for_rl':
      return loss(last.sft_for_rl?.['val_loss']);
    case 'reward':
      return figure('held-out pairs right', report.reward?.val_accuracy, (share) =>
        formatPercent(share, 1),
      );
    case 'policy':
      return (
        figure('true reward on test prompts', report.evaluate?.true_reward.policy, two) ??
        figure('true reward, last iteration', report.ppo?.true_reward_after, two)
      );
    case 'policy_raw':
      return figure('true reward, last iteration', report.ppo?.true_reward_after, two);
    case 'value':
      return figure('variance explained', last.ppo?.['val/var_explained'], two);
  }
};

const counted = (row: MetricRow | undefined, name: string) => row?.[name] ?? null;

/** The trees of these experiments' models; a model of which nothing is known to come is a root. */
export function lineageOf(accounts: readonly ExperimentAccount[]): LineageNode[] {
  const nodes = new Map<string, LineageNode>();
  const roots: LineageNode[] = [];
  const keyOf = ({ summary }: ExperimentAccount, what: string) => `${summary.id}/${what}`;
  const hang = (node: LineageNode, account: ExperimentAccount, from: ModelName | null) => {
    const maker = from && account.models.includes(from) ? makerOf(account, from, accounts) : null;
    const before = maker && from ? nodes.get(keyOf(maker, from)) : undefined;
    if (before) before.children.push(node);
    else roots.push(node);
    nodes.set(node.key, node);
  };
  // Older experiments first, and models in the pipeline's order, so that what a node came of is there.
  const ordered = [...accounts].sort((a, b) => generation(a, accounts) - generation(b, accounts));
  for (const account of ordered) {
    for (const model of MODELS) {
      if (!account.models.includes(model) || makerOf(account, model, accounts) !== account)
        continue;
      hang(modelNode(account, model, keyOf(account, model)), account, BEGAN_AS[model]);
    }
  }
  for (const account of ordered) {
    const { checkpoint } = account;
    if (!checkpoint || checkpoint.training === 'evaluate') continue;
    hang(checkpointNode(account, checkpoint), account, STARTS_FROM[checkpoint.training]);
  }
  return roots;
}

/** How many copies lie before an experiment. */
function generation(account: ExperimentAccount, all: readonly ExperimentAccount[]): number {
  let count = 0;
  let at: ExperimentAccount | undefined = account;
  while (count <= all.length) {
    at = parentAmong(all, at);
    if (!at) break;
    count++;
  }
  return count;
}

function modelNode(account: ExperimentAccount, model: ModelName, key: string): LineageNode {
  const { summary, last, made, config } = account;
  const training = trainingOf(model);
  const row = last[training];
  const taken = summary.parent?.models.includes(model) ? summary.parent.name : null;
  return {
    key,
    experiment: summary,
    model,
    training,
    title: MODEL_NAMES[model],
    step: counted(row, 'step'),
    tokens:
      counted(row, 'tokens') ?? (model === 'base' && row ? config.settings['base.tokens'] : null),
    figure: figureOf(account, model),
    made: made[model] ?? null,
    origin: taken === null ? null : `trained in “${taken}”`,
    children: [],
  };
}

function checkpointNode(
  { summary }: ExperimentAccount,
  { training, step }: NonNullable<ExperimentAccount['checkpoint']>,
): LineageNode {
  return {
    key: `${summary.id}/checkpoint`,
    experiment: summary,
    model: null,
    training,
    title: `Checkpoint of ${training === 'ppo' ? 'PPO' : MODEL_NAMES[training as ModelName]}`,
    step,
    tokens: null,
    figure: null,
    made: null,
    origin: null,
    children: [],
  };
}

/** A node's place in the picture: column by its stage, row so that lines do not cross. */
export interface Placed {
  readonly node: LineageNode;
  readonly parent: Placed | null;
  readonly column: number;
  readonly row: number;
}

/** Places every node; a first child stands in its parent's row. */
export function placed(roots: readonly LineageNode[]): Placed[] {
  const all: Placed[] = [];
  let rows = 0;
  const place = (node: LineageNode, parent: Placed | null, row: number) => {
    const at = { node, parent, column: STAGES.indexOf(stageOf(node.training)), row };
    all.push(at);
    node.children.forEach((child, index) => {
      place(child, at, index === 0 ? row : rows++);
    });
  };
  for (const root of roots) place(root, null, rows++);
  return all;
}
