/** Whether the Look inside lens is open, and on what text. Any room may open it. */
import { createSignal } from 'solid-js';
import type { ModelName } from '../../config/stages';

export interface InsideRequest {
  /** The text to look at; the lens keeps its last one where there is none. */
  readonly text?: string;
  readonly model?: ModelName;
}

const [insideRequest, setInsideRequest] = createSignal<InsideRequest | null>(null);

export { insideRequest };

export function openInside(request: InsideRequest = {}): void {
  setInsideRequest(request);
}

export function closeInside(): void {
  setInsideRequest(null);
}
