import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findPlaces } from '../../../../knife-bridge/src/knife-config/places.ts';

describe('findPlaces', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'pushy-places-'));
    for (const dir of ['home', 'work/deep/deeper']) mkdirSync(join(root, dir), { recursive: true });
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });
  const at = (path: string): string => join(root, path);
  const touch = (path: string): string => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), '');
    return at(path);
  };
  const find = (env: Record<string, string> = {}, named?: string) =>
    findPlaces({ env: { HOME: at('home'), ...env }, cwd: at('work/deep'), login: 'me' }, named);

  it('takes them in order: KNIFE_HOME, here, .chef above, ~/.chef; config.rb before knife.rb', () => {
    const order = [
      'home/.chef/knife.rb',
      'home/.chef/config.rb',
      'work/.chef/knife.rb',
      'work/.chef/config.rb',
      'work/deep/knife.rb',
      'work/deep/config.rb',
    ];
    for (const path of order) {
      const file = touch(path);
      assert.equal(find().configFile, file);
    }
    const own = touch('knife-home/knife.rb');
    assert.equal(find({ KNIFE_HOME: at('knife-home') }).configFile, own);
  });

  it('takes the nearest .chef above, even without a configuration in it', () => {
    touch('work/.chef/config.rb');
    mkdirSync(at('work/deep/.chef'));
    assert.equal(find().configFile, undefined);
  });

  it('says where it looked when there is none', () => {
    const { configFile, lookedFor } = find();
    assert.equal(configFile, undefined);
    assert.ok(lookedFor.includes(at('work/deep/config.rb')));
    assert.ok(lookedFor.includes(at('home/.chef/knife.rb')));
  });

  it('takes PWD for the way here, with its symbolic links', () => {
    const file = touch('elsewhere/.chef/config.rb');
    mkdirSync(at('elsewhere/link'));
    assert.equal(find({ PWD: at('elsewhere/link') }).configFile, file);
  });

  it('takes the first home that is a directory: KNIFE_HOME, CHEF_HOME, HOME', () => {
    mkdirSync(at('chef-home'));
    assert.equal(find().dotChef, at('home/.chef'));
    assert.equal(find({ CHEF_HOME: at('chef-home') }).dotChef, at('chef-home/.chef'));
    assert.equal(find({ CHEF_HOME: at('missing') }).dotChef, at('home/.chef'));
    assert.equal(
      find({ CHEF_HOME: at('chef-home'), KNIFE_HOME: at('home') }).dotChef,
      at('home/.chef'),
    );
    assert.equal(find({ HOME: '' }).dotChef, undefined);
  });

  it('takes the file that is named, from here, and no other', () => {
    touch('home/.chef/config.rb');
    const file = touch('work/deep/my.rb');
    assert.equal(find({}, 'my.rb').configFile, file);
    assert.equal(find({}, file).configFile, file);
    assert.throws(() => find({}, 'other.rb'), /Specified config file .*other\.rb does not exist/);
  });
});
