/** Attention maps as pictures: one pixel a pair of tokens, from the ground's grey to the accent. */
import { createSignal } from 'solid-js';
import type { Inspection } from '../../lab/api';
import { attentionOf, type Head } from './reading';

type Rgb = readonly [number, number, number];

const dark = matchMedia('(prefers-color-scheme: dark)');
const [scheme, setScheme] = createSignal(dark.matches);
dark.addEventListener('change', () => setScheme(dark.matches));

/** Draws a head's map, T by T; what cannot be seen stays transparent. Follows the theme. */
export function drawMap(canvas: HTMLCanvasElement, inspection: Inspection, head: Head): void {
  scheme();
  const T = inspection.tokens.length;
  canvas.width = T;
  canvas.height = T;
  const context = canvas.getContext('2d')!;
  const image = context.createImageData(T, T);
  const [from, to] = [colorOf(canvas, '--sunken'), colorOf(canvas, '--accent')];
  for (let query = 0; query < T; query++) {
    const weights = attentionOf(inspection, head, query);
    for (let key = 0; key <= query; key++) {
      const at = (query * T + key) * 4;
      const share = shade(weights[key]!);
      for (let c = 0; c < 3; c++) image.data[at + c] = from[c]! + (to[c]! - from[c]!) * share;
      image.data[at + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
}

/** The share of the colour for a weight: its root, so that a tenth is seen as well as a half. */
export const shade = (weight: number) => Math.sqrt(Math.max(0, Math.min(1, weight)));

/** A custom property as red, green and blue; `light-dark()` is resolved by the element. */
function colorOf(host: HTMLElement, property: string): Rgb {
  const before = host.style.color;
  host.style.color = `var(${property})`;
  const numbers = getComputedStyle(host)
    .color.match(/[\d.]+/g)!
    .map(Number);
  host.style.color = before;
  return [numbers[0]!, numbers[1]!, numbers[2]!];
}
