import {
  BlockNode,
  CallNode,
  ClassVariableReadNode,
  ConstantPathNode,
  ConstantReadNode,
  GlobalVariableReadNode,
  InstanceVariableReadNode,
  SelfNode,
  StringNode,
  SymbolNode,
  type Node,
} from '@ruby/prism/src/nodes.js';

/** Arguments of a call, none being an empty list. */
export function argumentsOf(node: {
  readonly arguments_: { readonly arguments_: Node[] } | null;
}): readonly Node[] {
  return node.arguments_?.arguments_ ?? [];
}

/** Child nodes. The parser's own `compactChildNodes` loses lists: left sides, whens, parts of texts. */
export function childrenOf(node: Node): Node[] {
  return node.childNodes().filter((child: Node | null) => child !== null);
}

/** `A::B::C` as text; undefined when it is no plain path of constants. */
export function constantPath(node: Node | null): string | undefined {
  if (node instanceof ConstantReadNode) return node.name;
  if (!(node instanceof ConstantPathNode) || node.name === null) return undefined;
  if (node.parent === null) return node.name;
  const parent = constantPath(node.parent);
  return parent === undefined ? undefined : `${parent}::${node.name}`;
}

/** Whether a call with this receiver goes to the configuration: none, `self` or `Chef::Config`. */
export function isConfiguration(receiver: Node | null): boolean {
  return receiver === null || isNamedConfiguration(receiver);
}

/** Whether the node is the configuration as an object: `self`, or `Chef::Config` by one of its names. */
export function isNamedConfiguration(node: Node | null): boolean {
  const path = constantPath(node);
  return node instanceof SelfNode || path === 'Chef::Config' || path === 'ChefConfig::Config';
}

/** Whether an expression may give the configuration, or the hash inside it, to whoever is not named here. */
export function mayBeConfiguration(node: Node | null): boolean {
  if (node === null) return false;
  if (node instanceof InstanceVariableReadNode || node instanceof GlobalVariableReadNode)
    return true;
  if (node instanceof ClassVariableReadNode) return true;
  const setting = settingRead(node);
  if (setting !== undefined) return setting === 'configuration';
  if (node instanceof CallNode && REFLECTIVE.has(node.name)) return true;
  return isNamedConfiguration(node) || childrenOf(node).some(mayBeConfiguration);
}

/** Methods that find an object by its name. */
const REFLECTIVE = new Set(['const_get', 'instance_variable_get', 'class_variable_get', 'eval']);

/** Text of a literal key, `'k'` or `:k`. */
export function literalKey(node: Node | undefined): string | undefined {
  return node instanceof StringNode || node instanceof SymbolNode
    ? node.unescaped.value
    : undefined;
}

/** The setting that an expression reads: `name`, `self.name`, `Chef::Config.name`, `Chef::Config[:name]`. */
export function settingRead(node: Node | null): string | undefined {
  if (!(node instanceof CallNode) || !isConfiguration(node.receiver)) return undefined;
  if (node.block !== null) return undefined;
  const args = argumentsOf(node);
  if (node.name === '[]') return args.length === 1 ? literalKey(args[0]) : undefined;
  return args.length === 0 && /^[a-zA-Z_]\w*$/.test(node.name) ? node.name : undefined;
}

/** What a failed expression is called in a message; never its literals, which may be secret. */
export function describe(node: Node): string {
  if (node instanceof CallNode) {
    if (node.block instanceof BlockNode) return `the block of \`${calleeOf(node)}\``;
    return `a call of \`${calleeOf(node)}\``;
  }
  const path = constantPath(node);
  if (path !== undefined) return `the constant \`${path}\``;
  return `this Ruby expression (${kindOf(node)})`;
}

function calleeOf(node: CallNode): string {
  const path = constantPath(node.receiver);
  return path === undefined ? node.name : `${path}.${node.name}`;
}

/** `RescueModifierNode` reads as "rescue modifier". */
function kindOf(node: Node): string {
  const words = node.constructor.name.replace(/Node$/, '').replace(/([a-z])([A-Z])/g, '$1 $2');
  return words.toLowerCase();
}
