/** Something that is planned. */
export interface Deferred {
  cancel(): void;
}

/** What a timer will do. */
export function deferred(timer: NodeJS.Timeout): Deferred {
  return {
    cancel: () => {
      clearTimeout(timer);
    },
  };
}

/** What the next turn of the event loop will do. */
export function deferredTurn(immediate: NodeJS.Immediate): Deferred {
  return {
    cancel: () => {
      clearImmediate(immediate);
    },
  };
}
