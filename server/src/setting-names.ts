import { SETTINGS, type SettingKey } from './settings.ts';

/** The hash of the server's settings in the file, and those that the original predefines beside it (ADDON B.4). */
export const OBJECT = 'opscode_pushy_server';
export const OTHER_OBJECTS = ['postgresql', 'bootstrap', 'oc_chef_pedant'] as const;
/** A setting of the hash that is a hash itself. */
export const NESTED = 'log_rotation';

/** Other names of settings: of the original's files, its documentation and the Chef server's cookbook. */
export const ALIASES: Readonly<Record<string, SettingKey>> = {
  server_name_advertised: 'serverName',
  erchef_root_url: 'chefServerUrl',
};

/** Settings of the original that have no effect here, with the reason. */
export const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  ha: 'it is computed, and several servers are not supported yet',
  postgresql_username: 'it belongs to the package of the Erlang server',
  postgresql_db_superuser: 'it is computed, and this server never connects as a superuser',
  bootstrap_enable: 'whoever starts the server decides',
  oc_chef_pedant_dir: 'the test suite of the original is not here',
  oc_chef_pedant_log_directory: 'the test suite of the original is not here',
  oc_chef_pedant_log_http_requests: 'the test suite of the original is not here',
};

/** Switches that would let anybody command the nodes; a file that names one is refused (REFERENCE 1). */
export const REFUSED: Readonly<Record<string, string>> = {
  skip_header_validation: 'messages of nodes are always checked',
  ignore_signature_check: 'messages of nodes are always checked',
};

/** `apiPort` -> `api_port`. */
export function nameOf(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** As a file of the original spells it: `postgresql['vip']`, `log_rotation['num_to_keep']`. */
export function spelled(name: string): string {
  const prefix = [...OTHER_OBJECTS, NESTED].find((object) => name.startsWith(`${object}_`));
  return prefix === undefined ? name : `${prefix}['${name.slice(prefix.length + 1)}']`;
}

/** Every setting's key by its names in files. */
export const KEYS: ReadonlyMap<string, SettingKey> = new Map([
  ...(Object.keys(SETTINGS) as SettingKey[]).map((key) => [nameOf(key), key] as const),
  ...Object.entries(ALIASES),
]);
