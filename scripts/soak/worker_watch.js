/**
 * Goes before the lab's worker in a soak: keeps the devices that it opens, so that one can be lost,
 * and counts the bytes of the buffers that live on each, now and at most.
 */
{
  /** @type {{ device: GPUDevice, bytes: number, peak: number }[]} */
  const held = [];
  Object.assign(globalThis, { held });
  const { prototype } = GPUAdapter;
  const { requestDevice } = prototype;
  prototype.requestDevice = async function (...given) {
    const device = await requestDevice.apply(this, given);
    const entry = { device, bytes: 0, peak: 0 };
    held.push(entry);
    // A lost one would keep what still waits for it, and that is the watch's doing, not the page's.
    void device.lost.then(() => held.splice(held.indexOf(entry), 1));
    const create = device.createBuffer.bind(device);
    device.createBuffer = (/** @type {GPUBufferDescriptor} */ descriptor) => {
      const buffer = create(descriptor);
      const { size } = descriptor;
      const destroy = buffer.destroy.bind(buffer);
      let lives = true;
      entry.bytes += size;
      entry.peak = Math.max(entry.peak, entry.bytes);
      buffer.destroy = () => {
        if (lives) entry.bytes -= size;
        lives = false;
        return destroy();
      };
      return buffer;
    };
    return device;
  };
}
