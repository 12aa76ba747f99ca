import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../helpers/free-port.ts';
import type { Program } from '../../helpers/program.ts';
import { runOk } from '../../helpers/run.ts';
import type { Scene } from './scene.ts';

/** What nginx passes on to whom. */
export interface NginxSettings {
  /** Port of our server's API. */
  readonly pushyPort: number;
  /** Port of the Chef server's API. */
  readonly chefPort: number;
  /** The one organization whose push jobs are ours; those of a Chef server have small letters. */
  readonly org?: string;
  /** With a certificate that signs itself. */
  readonly tls?: boolean;
}

/** The front of a Chef server: our routes to us, the rest to the Chef API. */
export interface Nginx {
  readonly url: string;
  readonly port: number;
  readonly program: Program;
  /** Path of a line for each request that was answered. */
  readonly accessLog: string;
}

/** A port for nginx, to be known before it starts: our server's settings may name its URL. */
export async function startNginx(
  scene: Scene,
  settings: NginxSettings,
  port?: number,
): Promise<Nginx> {
  const home = await scene.subdir('nginx');
  const listen = port ?? (await freePort());
  if (settings.tls === true) await makeCertificate(home);
  const file = join(home, 'nginx.conf');
  await writeFile(file, configuration(home, listen, settings));
  const program = await scene.start({
    name: 'nginx',
    file: '/usr/sbin/nginx',
    args: ['-p', home, '-c', file, '-e', 'stderr'],
    cwd: home,
  });
  await program.line(/start worker process /);
  const scheme = settings.tls === true ? 'https' : 'http';
  return {
    url: `${scheme}://127.0.0.1:${listen}`,
    port: listen,
    program,
    accessLog: join(home, 'access.log'),
  };
}

/** The settings of ADDON A.1 that a request can notice. */
function configuration(home: string, port: number, settings: NginxSettings): string {
  const tls = settings.tls === true;
  return `
daemon off;
worker_processes 1;
pid ${home}/nginx.pid;
error_log stderr notice;
events { worker_connections 1024; }
http {
  access_log ${home}/access.log;
  default_type application/octet-stream;
  client_body_temp_path ${home}/client_body;
  proxy_temp_path ${home}/proxy;
  fastcgi_temp_path ${home}/fastcgi;
  uwsgi_temp_path ${home}/uwsgi;
  scgi_temp_path ${home}/scgi;
  client_max_body_size 250m;
  gzip on;
  gzip_types application/json;
  keepalive_timeout 65;
  upstream opscode_pushy { server 127.0.0.1:${settings.pushyPort}; }
  upstream chef_api { server 127.0.0.1:${settings.chefPort}; }
  server {
    listen 127.0.0.1:${port}${tls ? ' ssl' : ''};
    server_name localhost;
    ${tls ? `ssl_certificate ${home}/tls.crt; ssl_certificate_key ${home}/tls.key;` : ''}
    proxy_set_header Host $host:${port};
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto ${tls ? 'https' : 'http'};
    proxy_connect_timeout 1;
    proxy_send_timeout 300;
    proxy_read_timeout 300;
    location ~ "^/pushy/_status/?$" {
      types { }
      default_type application/json;
      proxy_pass http://opscode_pushy;
    }
    location ~ "^/organizations/${settings.org ?? '[a-z0-9-_]+?'}/pushy/?" {
      proxy_pass http://opscode_pushy;
      proxy_redirect http://opscode_pushy /;
    }
    location / {
      proxy_pass http://chef_api;
    }
  }
}
`;
}

async function makeCertificate(home: string): Promise<void> {
  await runOk(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
      ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
      ...['-keyout', join(home, 'tls.key'), '-out', join(home, 'tls.crt')],
    ],
    { timeoutMs: 30_000 },
  );
}
