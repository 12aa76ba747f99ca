/** Where things are on a host when nothing is set (ADDON C.3, F.2). */
export interface HostPaths {
  /** Of configuration files, the client's key and trusted certificates. */
  readonly configDir: string;
  /** Chef's `cache_path`; it is for the superuser alone where `cacheRoot` says so. */
  readonly cachePath: string;
  /** Who may not write here and in `cachePath` has `~/.chef` instead. */
  readonly cacheRoot?: string;
}

/** Unix. */
export const POSIX_PATHS: HostPaths = {
  configDir: '/etc/chef',
  cachePath: '/var/chef',
  cacheRoot: '/var',
};

/** Windows. */
export const WINDOWS_PATHS: HostPaths = { configDir: 'C:\\chef', cachePath: 'C:\\chef' };
