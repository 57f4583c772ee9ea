/** Which experiment was open last, so that a reload lands there. Without storage nothing is kept. */
const KEY = 'pocket-rlhf.experiment';

export function rememberedExperiment(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export function rememberExperiment(id: string): void {
  try {
    localStorage.setItem(KEY, id);
  } catch {
    // The newest experiment is opened instead.
  }
}
