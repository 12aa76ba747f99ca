/** The signals that an agent obeys (ADDON C.3). */
export interface AgentSignals {
  /** End, and leave runs alone. */
  readonly end: readonly NodeJS.Signals[];
  /** Open the log again, and read the whitelist. */
  readonly hangUp?: 'SIGHUP';
  /** Fetch the configuration again, and read the whitelist. */
  readonly reconfigure?: 'SIGUSR1';
}

/** On Windows HUP is the end of a console, BREAK a key of it, and the others do not exist. */
export function signalsOf(platform: string): AgentSignals {
  return platform === 'win32'
    ? { end: ['SIGTERM', 'SIGINT', 'SIGBREAK', 'SIGHUP'] }
    : { end: ['SIGTERM', 'SIGQUIT', 'SIGINT'], hangUp: 'SIGHUP', reconfigure: 'SIGUSR1' };
}
