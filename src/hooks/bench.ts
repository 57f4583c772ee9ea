/**
 * `/bench.html`: whole steps, for harnesses from outside. Nothing is loaded until one of the three
 * functions is called; they compute in a worker of their own, as the lab does.
 */
import type { Remote } from 'comlink';
import type { BenchApi } from './benchApi';

declare global {
  interface Window extends BenchApi {}
}

let started: Promise<Remote<BenchApi>> | undefined;

async function start(): Promise<Remote<BenchApi>> {
  const { wrap } = await import('comlink');
  const worker = new Worker(new URL('../../workers/bench.worker.ts', import.meta.url), {
    type: 'module',
    name: 'bench',
  });
  return wrap<BenchApi>(worker);
}

function bench(): Promise<Remote<BenchApi>> {
  started ??= start();
  return started;
}

window.trainBench = async (request) => (await bench()).trainBench(request);
window.sampleBench = async (request) => (await bench()).sampleBench(request);
window.scoreTokens = async (request) => (await bench()).scoreTokens(request);
