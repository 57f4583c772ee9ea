/** The worker behind `/bench.html`: owns a GPU of its own. */
import { expose } from 'comlink';
import { BenchRunner } from '../src/hooks/benchRunner';

expose(new BenchRunner());
