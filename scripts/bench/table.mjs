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

/**
 * @param {string} name
 * @param {StepsResult} result
 * @param {string} adapter
 */
export function stepsTable(name, { config, train, sample, lossDifference }, adapter) {
  const { n_layer, n_embd, n_head, n_positions, vocab_size, batch } = config;
  const shape = `L${n_layer} C${n_embd} H${n_head} T${n_positions} V${vocab_size} B${batch}`;
  /** @param {'ours' | 'jax'} who @param {string} label */
  const trained = (who, label) => {
    const { ms, tokensPerSecond, queuedTokensPerSecond, ...counts } = train[who];
    return [
      `train   ${label}`,
      figure(tokensPerSecond),
      figure(queuedTokensPerSecond),
      ranged(ms),
      figure(counts.dispatches),
      figure(counts.submits),
      figure(counts.readbacks),
      figure(counts.bytes / 1e6),
    ];
  };
  /** @param {'ours' | 'jax'} who @param {string} label */
  const sampled = (who, label) => {
    const { tokensPerSecond, dispatches, submits, readbacks } = sample[who];
    return [
      `sample  ${label}`,
      figure(tokensPerSecond.median),
      '',
      `${figure(tokensPerSecond.min)}–${figure(tokensPerSecond.max)} tok/s`,
      figure(dispatches),
      figure(submits),
      figure(readbacks),
      '',
    ];
  };
  const heading = [
    '',
    'tokens/s',
    'queued',
    'ms a step',
    'dispatches',
    'submits',
    'readbacks',
    'MB',
  ];
  const rows = [
    trained('ours', 'Pocket RLHF'),
    trained('jax', 'jax-js'),
    sampled('ours', 'Pocket RLHF'),
    sampled('jax', 'jax-js'),
  ];
  return [
    `Steps of ${name} (${shape}) on ${adapter}; counts are of one step or token`,
    table([heading, ...rows]),
    `training ${figure(train.ratio)}×, sampling ${figure(sample.ratio)}× jax-js; losses agree to ${lossDifference.toExponential(1)}`,
  ].join('\n');
}
