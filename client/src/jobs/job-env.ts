/** What the environment of a run is made from. */
export interface JobEnvironment {
  readonly node: string;
  readonly jobId: string;
  /** Path of the job's file. */
  readonly file?: string;
  /** Environment of the agent, inherited by every job. */
  readonly base: Readonly<Record<string, string>>;
  /** What the job asks for. */
  readonly job: Readonly<Record<string, string>>;
  /** Names that a job may set; absent: all. Others are renamed. */
  readonly allowed?: readonly string[];
  /** Names that differ in case alone are the same (Windows). */
  readonly foldsNames?: boolean;
  /** The user that the job runs as, when it names one. */
  readonly user?: { readonly name: string; readonly home: string; readonly shell: string };
}

/**
 * The environment of a run: the agent's own, the user's, the job's, and what every job is told (REFERENCE 16, A9).
 * With `allowed_overwritable_env_vars`, names of the job that are not in it become `CHEF_PUSH_ENV_<name>`.
 */
export function jobEnvironment(parts: JobEnvironment): Record<string, string> {
  const { user, allowed, foldsNames = false } = parts;
  const env = { ...parts.base };
  const set = (name: string, value: string): void => {
    const fold = (text: string): string => text.toUpperCase();
    const same = foldsNames ? Object.keys(env).find((old) => fold(old) === fold(name)) : undefined;
    env[same ?? name] = value;
  };
  if (user !== undefined) {
    Object.assign(env, { HOME: user.home, USER: user.name, LOGNAME: user.name });
    if (user.shell !== '') env['SHELL'] = user.shell;
  }
  for (const [name, value] of Object.entries(parts.job)) {
    const mayOverwrite = allowed === undefined || allowed.includes(name);
    set(mayOverwrite ? name : `CHEF_PUSH_ENV_${name}`, value);
  }
  set('CHEF_PUSH_NODE_NAME', parts.node);
  set('CHEF_PUSH_JOB_ID', parts.jobId);
  if (parts.file !== undefined) set('CHEF_PUSH_JOB_FILE', parts.file);
  return env;
}
