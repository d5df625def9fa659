/** Something that is planned. */
export interface Deferred {
  cancel(): void;
}

export function deferred(timer: NodeJS.Timeout): Deferred {
  return {
    cancel: () => {
      clearTimeout(timer);
    },
  };
}

export function deferredTurn(immediate: NodeJS.Immediate): Deferred {
  return {
    cancel: () => {
      clearImmediate(immediate);
    },
  };
}
