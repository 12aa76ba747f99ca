/** Calls that end the program when they are reached. */
export const ENDING: ReadonlySet<string> = new Set(['raise', 'fail', 'abort', 'exit', 'exit!']);

/**
 * Names that are Ruby's own methods wherever the file is evaluated: `name value` calls the method and sets
 * nothing (ADDON F.1, last row of the table).
 */
export const KERNEL: ReadonlySet<string> = new Set(
  // Of the configuration class itself.
  (
    'apply_nested_hash config_attr_writer config_context config_context_hash config_context_list ' +
    'config_strict_mode configurable configuration configure default delete from_file from_hash from_json ' +
    'from_toml from_yaml has_key? is_default? key? keys merge! reset restore save to_hash ' +
    // Of Kernel, Module and Class.
    'Array Complex Float Hash Integer Rational String abort alias_method allocate ancestors at_exit attr ' +
    'attr_accessor attr_reader attr_writer autoload autoload? binding block_given? caller caller_locations ' +
    'catch class class_eval class_exec class_variable_get class_variable_set clone const_get const_set ' +
    'const_missing const_source_location constants define_method define_singleton_method deprecate_constant ' +
    'display dup enum_for eval exec exit exit! extend fail fork format freeze frozen? gem gets global_variables ' +
    'hash include included inherited inspect instance_eval instance_exec instance_method instance_methods ' +
    'instance_of? instance_variable_defined? instance_variable_get instance_variable_set instance_variables ' +
    'is_a? itself kind_of? lambda load local_variables loop method methods module_eval module_exec ' +
    'module_function name new nil? object_id open p pp prepend print printf private private_class_method ' +
    'private_constant proc protected public public_class_method public_method public_send putc puts raise rand ' +
    'readline readlines refine remove_const remove_method require require_relative respond_to? select send ' +
    'set_trace_func singleton_class singleton_method singleton_methods sleep spawn sprintf srand superclass ' +
    'syscall system tap test then throw to_enum to_s trace_var trap undef_method untrace_var using warn ' +
    'yield_self'
  ).split(' '),
);
