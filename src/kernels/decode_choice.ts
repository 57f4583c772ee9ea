/** What runs a decoded token: the kernel of a linear layer and its tile, and the threads of a draw. */
import { isWorthImage } from '../gpu/images';
import { groups, type Kernel, type Values } from '../gpu/kernel';
import {
  decodeLinear,
  decodeLinearHalf,
  decodeLinearImage,
  decodeLinearQuad,
  decodeLogitsImage,
} from './decode_linear';
import type { MatmulDevice } from './linear_choice';

/** Workgroups that keep the cores of a software adapter evenly busy. */
const ENOUGH_WORKGROUPS = 4;

/** More weights than this are worth compiling the tiles of images, and copying a token's rows. */
const IMAGE_WEIGHTS = 2 ** 15;
/** Workgroups of images below which cores stand still. */
const FEWEST_WORKGROUPS = 2;

interface DecodedSize {
  readonly B: number;
  readonly N: number;
  readonly K: number;
}

/** A layer's kernel and its tile. */
interface Chosen {
  readonly kernel: Kernel;
  readonly constants: Values;
}

const worthImages = ({ B, N, K }: DecodedSize) =>
  N * K > IMAGE_WEIGHTS && K % 8 === 0 && isWorthImage(B, K);

/** The tile of images, where it leaves enough of them. */
function imageTile({ B, N }: DecodedSize): Values | undefined {
  const [TILE_M, WG] = [B > 8 ? 16 : 8, 8];
  const workgroups = groups(N, 16 * WG) * groups(B, TILE_M);
  return workgroups >= FEWEST_WORKGROUPS ? { TILE_M, WG, WG_N: WG } : undefined;
}

/** Whether this kind of adapter reads images here rather than share loads. */
const readsImages = ({ software, subgroups = false, images = false }: MatmulDevice) =>
  software && images && !subgroups;

/** On a software adapter as many rows a thread as leave a workgroup for every core; on a GPU few. */
function bufferTile({ B, N }: DecodedSize, software: boolean): Values {
  const WG_N = software ? 8 : 32;
  const workgroups = groups(N, 8 * WG_N) * groups(B, 16);
  const TILE_M = software && B > 8 && workgroups >= ENOUGH_WORKGROUPS ? 16 : 8;
  return { TILE_M, WG_N };
}

function byBuffers(
  size: DecodedSize,
  { software, subgroups = false, halves = false }: MatmulDevice,
): Chosen {
  const plain = halves ? decodeLinearHalf : decodeLinear;
  const kernel = (subgroups && software ? decodeLinearQuad : plain) as Kernel;
  return { kernel, constants: bufferTile(size, software) };
}

/** For a layer of B rows, N columns and K channels: images where they are worth it, or buffers. */
export function chooseDecodeLinear(size: DecodedSize, device: MatmulDevice): Chosen {
  const { N, K } = size;
  const tile = readsImages(device) && worthImages(size) && isWorthImage(K, N) && imageTile(size);
  if (!tile) return byBuffers(size, device);
  return { kernel: decodeLinearImage as Kernel, constants: tile };
}

/** For the tied head of B rows, N tokens and K channels, with the LayerNorm before it. */
export function chooseDecodeLogits(size: DecodedSize, device: MatmulDevice): Chosen {
  const { N, K } = size;
  const tile = readsImages(device) && worthImages(size) && isWorthImage(N, K) && imageTile(size);
  if (tile) return { kernel: decodeLogitsImage as Kernel, constants: tile };
  const { kernel, constants } = byBuffers(size, device);
  return { kernel, constants: { ...constants, NORM: 1, TRANSPOSE: 1 } };
}

/** How often one thread goes round its loops to draw from V logits: each cut is 32 passes. */
export const sampleIterations = (V: number, topK: number, topP: number) =>
  V * (3 + (topK > 0 && topK < V ? 32 : 0) + (topP < 1 ? 33 : 0));
