import { watch, type FSWatcher } from 'node:fs';
import { dirname } from 'node:path';
import {
  ConfigurationError,
  readConfiguration,
  settingsFromText,
  type ConfigurationListener,
  type Flags,
  type Settings,
} from './load-settings.ts';
import { settingsChange, type SettingsChange } from './settings-change.ts';
import { startInterval, startTimer } from '../base/time/timers.ts';

/** Hears of a configuration file that changes. */
export interface ConfigWatchListener extends ConfigurationListener {
  /** There are other settings than those told before, or at the start. */
  changed(change: Exclude<SettingsChange, { kind: 'none' }>, settings: Settings): void;
  /** The file cannot be used or read; the settings told before stay. Called once for each text. */
  broken(error: ConfigurationError): void;
}

export interface ConfigWatchOptions {
  /** How often the file is read even when nobody says that it changed, in milliseconds. */
  readonly pollMs?: number;
  /** How long writes must be over before the file is read, in milliseconds. */
  readonly settleMs?: number;
}

/**
 * Follows the file that `--config` names. A mounted ConfigMap changes by a link that is put in
 * place of another beside the file, so its folder is watched; the file is read from time to time
 * too, since not every file system tells of changes. What counts is the text.
 */
export class ConfigWatch {
  readonly #file: string;
  readonly #flags: Flags;
  readonly #listener: ConfigWatchListener;
  readonly #settleMs: number;
  readonly #poll: NodeJS.Timeout;
  readonly #watcher: FSWatcher | undefined;
  #settle: NodeJS.Timeout | undefined;
  #settings: Settings;
  /** The text that was looked at last, or why there was none. */
  #seen: string | undefined;
  #reading = false;
  #readAgain = false;
  #stopped = false;

  /** `settings` are those that the process runs with. */
  constructor(
    file: string,
    flags: Flags,
    settings: Settings,
    listener: ConfigWatchListener,
    { pollMs = 15_000, settleMs = 200 }: ConfigWatchOptions = {},
  ) {
    this.#file = file;
    this.#flags = flags;
    this.#settings = settings;
    this.#listener = listener;
    this.#settleMs = settleMs;
    this.#watcher = this.#watchFolder();
    this.#poll = startInterval(() => {
      this.#read();
    }, pollMs);
    this.#read();
  }

  close(): void {
    this.#stopped = true;
    this.#watcher?.close();
    clearInterval(this.#poll);
    clearTimeout(this.#settle);
  }

  /** Undefined where the system has no watch to give; then the file is only read from time to time. */
  #watchFolder(): FSWatcher | undefined {
    try {
      const watcher = watch(dirname(this.#file), () => {
        clearTimeout(this.#settle);
        this.#settle = startTimer(() => {
          this.#read();
        }, this.#settleMs);
      });
      watcher.on('error', () => {
        watcher.close();
      });
      return watcher;
    } catch {
      return undefined;
    }
  }

  #read(): void {
    if (this.#reading) {
      this.#readAgain = true;
      return;
    }
    this.#reading = true;
    void this.#readOnce().finally(() => {
      this.#reading = false;
      if (this.#readAgain && !this.#stopped) {
        this.#readAgain = false;
        this.#read();
      }
    });
  }

  async #readOnce(): Promise<void> {
    const text = await readConfiguration(this.#file).catch((error: unknown) =>
      error instanceof ConfigurationError ? error : new ConfigurationError(String(error)),
    );
    const seen = typeof text === 'string' ? text : text.message;
    if (this.#stopped || seen === this.#seen) {
      return;
    }
    const isFirst = this.#seen === undefined;
    this.#seen = seen;
    this.#look(text, isFirst);
  }

  #look(text: string | ConfigurationError, isFirst: boolean): void {
    try {
      if (typeof text !== 'string') {
        throw text;
      }
      const settings = settingsFromText(text, this.#flags, isFirst ? silent : this.#listener);
      const change = settingsChange(this.#settings, settings);
      this.#settings = settings;
      if (change.kind !== 'none') {
        this.#listener.changed(change, settings);
      }
    } catch (error) {
      if (!(error instanceof ConfigurationError)) {
        throw error;
      }
      this.#listener.broken(error);
    }
  }
}

/** The first text was told about when the process started. */
const silent: ConfigurationListener = {
  withoutEffect: () => undefined,
  unknown: () => undefined,
};
