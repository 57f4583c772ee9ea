/**
 * Hands a file to the person.
 * @param name what a person has called something in it becomes plain: no path, no hidden direction
 */
export function saveFile(name: string, content: Uint8Array<ArrayBuffer> | string | Blob): void {
  const url = URL.createObjectURL(new Blob([content]));
  const link = document.createElement('a');
  link.href = url;
  link.download = name.replace(/[^\w.-]+/g, '-');
  link.click();
  // The browser has taken the URL up by the next task.
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
