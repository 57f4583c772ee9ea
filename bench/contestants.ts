/** Who is measured: ours and the peers, each with a device and a worker of its own. */
import { type Remote, wrap } from 'comlink';
import type { BenchApi } from '../src/hooks/benchApi';

export const PEERS = ['jax', 'tfjs'] as const;
export type Peer = (typeof PEERS)[number];
export type Name = 'ours' | Peer;

export type Contestant = Remote<Pick<BenchApi, 'trainBench' | 'sampleBench'>>;
export type Contestants = Readonly<Record<Name, Contestant>>;

const start = (worker: Worker): Contestant => wrap(worker) as unknown as Contestant;

export const contestants = (): Contestants => ({
  ours: start(
    new Worker(new URL('../workers/bench.worker.ts', import.meta.url), { type: 'module' }),
  ),
  jax: start(new Worker(new URL('./jax/jax.worker.ts', import.meta.url), { type: 'module' })),
  tfjs: start(new Worker(new URL('./tfjs/tfjs.worker.ts', import.meta.url), { type: 'module' })),
});
