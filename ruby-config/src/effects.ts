import {
  AliasMethodNode,
  BlockArgumentNode,
  BlockNode,
  CallNode,
  CallTargetNode,
  ConstantTargetNode,
  DefNode,
  ForNode,
  IndexTargetNode,
  ItLocalVariableReadNode,
  LambdaNode,
  LocalVariableReadNode,
  LocalVariableTargetNode,
  ReturnNode,
  type Node,
} from '@ruby/prism/src/nodes.js';
import { isEnvironment } from './environment.ts';
import { changesLoadPath, loadsFile, requiredVariable } from './loads.ts';
import { isLoadPath } from './names.ts';
import {
  argumentsOf,
  childrenOf,
  isConfiguration,
  literalKey,
  mayBeConfiguration,
  settingRead,
} from './nodes.ts';
import { isAttributeWrite, isConstantWrite, isIndexWrite, isLocalWrite } from './write-nodes.ts';

/** What running a piece of Ruby might change, as far as its text shows. */
export type Effect =
  /** A setting gets a value. `receiver` is the local variable that the call goes to, if it is one. */
  | {
      readonly kind: 'setting';
      readonly name: string;
      readonly node: Node;
      readonly receiver?: string;
    }
  /** Settings by names that are computed. */
  | { readonly kind: 'any_setting'; readonly node: Node; readonly receiver?: string }
  /** A local variable gets a value. */
  | { readonly kind: 'local'; readonly name: string; readonly node: Node }
  | { readonly kind: 'constant'; readonly name: string; readonly node: Node }
  /** `ENV[…] =`; no name when it is computed. */
  | { readonly kind: 'environment'; readonly name: string | undefined; readonly node: Node }
  /** What a variable names is required: a library, or a file. */
  | { readonly kind: 'required'; readonly variable: string; readonly node: Node }
  /** The value that a local variable, constant or setting holds may be changed in place. */
  | { readonly kind: 'mutation'; readonly of: Node; readonly node: Node };

/** Methods by which a configuration can be changed without naming the setting in the text. */
const DYNAMIC = new Set(
  (
    'send public_send __send__ eval instance_eval class_eval module_eval instance_exec class_exec ' +
    'from_file from_json from_yaml from_toml from_hash merge! restore reset configure method_missing ' +
    'internal_set apply_nested_hash config_attr_writer config_context config_context_hash ' +
    'config_context_list configurable default delete define_method define_singleton_method alias_method instance_variable_set method'
  ).split(' '),
);

/** Methods that change their receiver without a `!` or `=` in the name. */
const MUTATING = new Set(
  (
    '<< concat replace push append prepend unshift insert store update delete delete_if delete_at ' +
    'keep_if clear pop shift fill force_encoding setbyte freeze'
  ).split(' '),
);

/** Methods that run a text, whoever has them. */
const EVALUATING = new Set(['eval', 'instance_eval', 'class_eval', 'module_eval']);

/** Methods that call another by its name. */
const SENDING = new Set(['send', 'public_send', '__send__', 'method']);
/** Names by which a file or a text is run. */
const RUNNING = new Set([...EVALUATING, 'load', 'require', 'require_relative', 'autoload']);

/** Everything that a piece of Ruby might change. */
export function effectsOf(node: Node): Effect[] {
  const inner = childrenOf(node).flatMap(effectsOf);
  // A `return` ends its own function, elsewhere the whole file.
  const kept = isFunction(node) ? inner.filter((e) => !(e.node instanceof ReturnNode)) : inner;
  return [...ownEffects(node), ...throughItems(node, inner), ...kept];
}

function isFunction(node: Node): boolean {
  if (node instanceof DefNode || node instanceof LambdaNode) return true;
  return node instanceof CallNode && ['lambda', 'define_method'].includes(node.name);
}

/** `whitelist.each { |k, v| v << 'x' }` changes what is in the list, in place. */
function throughItems(node: Node, inner: readonly Effect[]): Effect[] {
  const [list, names] = itemsOf(node);
  if (list === null || names.size === 0) return [];
  const isOfItem = inner.some((effect) => {
    if (effect.kind !== 'mutation') return false;
    const { of } = effect;
    if (of instanceof ItLocalVariableReadNode) return names.has('it');
    return of instanceof LocalVariableReadNode && names.has(of.name);
  });
  return isOfItem ? [{ kind: 'mutation', of: rootOf(list), node }] : [];
}

/** What a block or a `for` goes through, and the names of its items. */
function itemsOf(node: Node): [Node | null, ReadonlySet<string>] {
  if (node instanceof ForNode) {
    const targets = effectsOf(node.index).flatMap((e) => (e.kind === 'local' ? [e.name] : []));
    return [node.collection, new Set(targets)];
  }
  if (!(node instanceof CallNode) || !(node.block instanceof BlockNode)) return [null, new Set()];
  return [node.receiver, new Set([...node.block.locals, 'it'])];
}

function ownEffects(node: Node): Effect[] {
  if (node instanceof CallNode) return callEffects(node);
  if (isLocalWrite(node) || node instanceof LocalVariableTargetNode)
    return [{ kind: 'local', name: node.name, node }];
  if (isConstantWrite(node) || node instanceof ConstantTargetNode)
    return [{ kind: 'constant', name: node.name, node }];
  if (isIndexWrite(node) || node instanceof IndexTargetNode)
    return indexEffects(node, node.receiver, argumentsOf(node)[0]);
  if (isAttributeWrite(node)) return attributeEffects(node, node.receiver, node.readName);
  if (node instanceof CallTargetNode)
    return attributeEffects(node, node.receiver, node.name.replace(/=$/, ''));
  if (node instanceof DefNode) return [{ kind: 'setting', name: node.name, node }];
  if (node instanceof ReturnNode || ('value' in node && isLoadPath(node.value as Node | null)))
    return [{ kind: 'any_setting', node }];
  if (node instanceof AliasMethodNode) {
    const name = literalKey(node.newName);
    return name === undefined ? [{ kind: 'any_setting', node }] : [{ kind: 'setting', name, node }];
  }
  return [];
}

function callEffects(node: CallNode): Effect[] {
  const { receiver, name } = node;
  const args = argumentsOf(node);
  const effects: Effect[] = [];
  if (DYNAMIC.has(name)) {
    if (isConfiguration(receiver) || mayBeConfiguration(receiver))
      effects.push({ kind: 'any_setting', node });
    if (receiver instanceof LocalVariableReadNode)
      effects.push({ kind: 'any_setting', node, receiver: receiver.name });
  }
  // A text that is run, and another file, may do anything.
  const isText = EVALUATING.has(name) && args.length > 0;
  const isSent = SENDING.has(name) && RUNNING.has(literalKey(args[0]) ?? '');
  if (isText || isSent || loadsFile(node) || changesLoadPath(node))
    effects.push({ kind: 'any_setting', node });
  const required = requiredVariable(node);
  if (required !== undefined) effects.push({ kind: 'required', variable: required, node });
  if (name === '[]=' || name === 'store') effects.push(...indexEffects(node, receiver, args[0]));
  else if (isEnvironment(receiver) && isMutating(name))
    effects.push({ kind: 'environment', name: literalKey(args[0]), node });
  else if (node.isAttributeWrite())
    effects.push(...attributeEffects(node, receiver, name.replace(/=$/, '')));
  else if (receiver !== null && isMutating(name))
    effects.push({ kind: 'mutation', of: rootOf(receiver), node });
  else if (args.length > 0 || node.block instanceof BlockNode)
    effects.push(...settingEffects(node, receiver, name));
  // `list.each(&block)`: what the block does is not seen, unless it is a method's name.
  if (receiver !== null && node.block instanceof BlockArgumentNode) {
    const method = literalKey(node.block.expression ?? undefined);
    if (method === undefined || isMutating(method))
      effects.push({ kind: 'mutation', of: rootOf(receiver), node });
  }
  // Who gets a list or hash from a variable may keep filling it.
  for (const argument of args)
    if (argument instanceof LocalVariableReadNode)
      effects.push({ kind: 'mutation', of: argument, node });
  return effects;
}

function settingEffects(node: Node, receiver: Node | null, name: string): Effect[] {
  if (isConfiguration(receiver)) return [{ kind: 'setting', name, node }];
  // `Chef::Config.tap { |c| c.node_name 'x' }`: a variable may be the configuration.
  if (receiver instanceof LocalVariableReadNode)
    return [{ kind: 'setting', name, node, receiver: receiver.name }];
  return mayBeConfiguration(receiver) ? [{ kind: 'setting', name, node }] : [];
}

function attributeEffects(node: Node, receiver: Node | null, name: string): Effect[] {
  const direct = settingEffects(node, receiver, name);
  if (receiver === null || isConfiguration(receiver)) return direct;
  return [...direct, { kind: 'mutation', of: rootOf(receiver), node }];
}

function indexEffects(node: Node, receiver: Node | null, key: Node | undefined): Effect[] {
  const name = literalKey(key);
  if (isEnvironment(receiver)) return [{ kind: 'environment', name, node }];
  if (receiver === null) return [];
  if (mayBeConfiguration(receiver))
    return name === undefined ? [{ kind: 'any_setting', node }] : [{ kind: 'setting', name, node }];
  const mutation: Effect = { kind: 'mutation', of: rootOf(receiver), node };
  if (!(receiver instanceof LocalVariableReadNode)) return [mutation];
  const through = { node, receiver: receiver.name };
  return [
    mutation,
    ...(name === undefined ? [] : [{ kind: 'setting' as const, name, ...through }]),
  ];
}

function isMutating(name: string): boolean {
  return MUTATING.has(name) || name.endsWith('!') || /\w=$/.test(name) || name === '[]=';
}

/** Where a chain of calls starts: `whitelist` in `whitelist['a'].merge!(…)`. */
function rootOf(node: Node): Node {
  let root = node;
  while (root instanceof CallNode && root.receiver !== null && settingRead(root) === undefined)
    root = root.receiver;
  return root;
}
