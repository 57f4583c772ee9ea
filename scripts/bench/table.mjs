/** The benchmark's results as tables for a terminal. The adapter's name heads each. */

/**
 * @typedef {import('../../bench/kernels').KernelResult} KernelResult
 * @typedef {import('../../bench/steps').StepsResult} StepsResult
 * @typedef {import('../../src/gpu/spread').Spread} Spread
 */

/**
 * @param {string[][]} rows the first is the heading; columns but the first are set to the right
 * @returns {string}
 */
export function table(rows) {
  const widths = rows[0].map((_, at) => Math.max(...rows.map((row) => row[at].length)));
  return rows
    .map((row) =>
      row
        .map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** @param {number} value @returns {string} three significant digits, thousands with a comma */
export function figure(value) {
  if (value >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

/** @param {Spread} spread @returns {string} '1.2 (1.1–1.4)' */
const ranged = ({ median, min, max }) => `${figure(median)} (${figure(min)}–${figure(max)})`;

/** @param {KernelResult['params']} params */
const sizes = (params) =>
  Object.entries(params)
    .filter(([name]) => /^[A-Z]+$/.test(name))
    .map(([name, value]) => `${name}${value}`)
    .join(' ');

/**
 * @param {string} name of the configuration
 * @param {readonly KernelResult[]} results
 * @param {string} adapter
 */
export function kernelTable(name, results, adapter) {
  const heading = ['kernel', 'shape', 'ms', 'GFLOP/s', 'GB/s', 'of peak', 'against', 'times'];
  const rows = results.map(({ kernel, params, ms, gflops, gbps, share, boundBy, naive }) => [
    kernel,
    sizes(params),
    ranged(ms),
    gflops > 0 ? figure(gflops) : '',
    figure(gbps),
    `${figure(100 * share)} % ${boundBy === 'arithmetic' ? 'arith' : 'mem'}`,
    naive?.name ?? '',
    naive ? `${figure(naive.ratio)}×` : '',
  ]);
  return `Kernels of ${name} on ${adapter}\n${table([heading, ...rows])}`;
}

const LABELS = { ours: 'Pocket RLHF', jax: 'jax-js', tfjs: 'TensorFlow.js' };
const NAMES = /** @type {const} */ (['ours', 'jax', 'tfjs']);
const PEERS = /** @type {const} */ (['jax', 'tfjs']);

/** @param {number | undefined} value */
const short = (value) => (value === undefined ? '' : figure(value));

/** @param {StepsResult} result @returns {string[][]} */
const trainRows = ({ train, ratios }) =>
  NAMES.flatMap((name) => {
    const result = train[name];
    if (!result) return [];
    const { ms, tokensPerSecond, queuedTokensPerSecond, jsMs, gflops, share, ...counts } = result;
    const ratio = name === 'ours' ? undefined : ratios[name]?.train;
    return [
      [
        `train   ${LABELS[name]}`,
        figure(tokensPerSecond),
        figure(queuedTokensPerSecond),
        ranged(ms),
        figure(gflops),
        `${figure(100 * share)} %`,
        ranged(jsMs),
        figure(counts.dispatches),
        figure(counts.submits),
        figure(counts.readbacks),
        figure(counts.bytes / 1e6),
        ratio === undefined ? '' : `${figure(ratio)}×`,
      ],
    ];
  });

/** @param {StepsResult} result @returns {string[][]} */
const sampleRows = ({ sample, ratios }) =>
  NAMES.flatMap((name) => {
    const result = sample[name];
    if (!result) return [];
    const { tokensPerSecond, dispatches, submits, readbacks } = result;
    const { median, min, max } = tokensPerSecond;
    const ratio = name === 'ours' ? undefined : ratios[name]?.sample;
    return [
      [
        `sample  ${LABELS[name]}`,
        figure(median),
        '',
        `${figure(min)}–${figure(max)} tok/s`,
        '',
        '',
        '',
        figure(dispatches),
        figure(submits),
        figure(readbacks),
        '',
        ratio === undefined ? '' : `${figure(ratio)}×`,
      ],
    ];
  });

/**
 * @param {string} name
 * @param {StepsResult} result
 * @param {string} adapter
 */
export function stepsTable(name, result, adapter) {
  const { n_layer, n_embd, n_head, n_positions, vocab_size, batch } = result.config;
  const shape = `L${n_layer} C${n_embd} H${n_head} T${n_positions} V${vocab_size} B${batch}`;
  const heading = [
    ...['', 'tokens/s', 'queued', 'ms a step', 'GFLOP/s', 'of peak', 'JS ms'],
    ...['dispatches', 'submits', 'readbacks', 'MB', 'ours is'],
  ];
  const { operations, peakGflops, train, leftOut } = result;
  const notes = PEERS.filter((peer) => train[peer] || leftOut[peer]).map((peer) => {
    const reason = leftOut[peer];
    return reason === undefined
      ? `${LABELS[peer]}: losses agree to ${short(result.lossDifferences[peer])}`
      : `${LABELS[peer]} is left out: ${reason}`;
  });
  return [
    `Steps of ${name} (${shape}) on ${adapter}; counts are of one step or token`,
    table([heading, ...trainRows(result), ...sampleRows(result)]),
    `A training step is ${figure(operations / 1e9)} GFLOP; in turn with it the probe reached ${ranged(peakGflops)} GFLOP/s`,
    ...notes,
  ].join('\n');
}
