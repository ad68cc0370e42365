/** One turn of the event loop, as soon as the runtime can: timers would wait a millisecond or more. */
export function turn(): Promise<void> {
  return new Promise(resolve => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else if (typeof MessageChannel === "function") {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(0);
    } else setTimeout(resolve, 0);
  });
}
