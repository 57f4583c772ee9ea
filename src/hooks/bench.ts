/**
 * `/bench.html`: whole steps, for harnesses from outside. Nothing is loaded until one of the three
 * functions is called; they compute in a worker of their own, as the lab does.
 */
import type { Remote } from 'comlink';
import benchScript from '../../workers/bench.worker?worker&url';
import { ownScript } from '../../workers/own_script';
import type { BenchApi } from './benchApi';

declare global {
  interface Window extends BenchApi {}
}

let started: Promise<Remote<BenchApi>> | undefined;

async function start(): Promise<Remote<BenchApi>> {
  const { wrap } = await import('comlink');
  const worker = new Worker(ownScript(benchScript), { type: 'module', name: 'bench' });
  return wrap<BenchApi>(worker);
}

function bench(): Promise<Remote<BenchApi>> {
  started ??= start();
  return started;
}

window.trainBench = async (request) => (await bench()).trainBench(request);
window.sampleBench = async (request) => (await bench()).sampleBench(request);
window.scoreTokens = async (request) => (await bench()).scoreTokens(request);
