/**
 * Evaluates a configuration file as Chef does, with Chef's own classes, and writes what it set as JSON to descriptor
 * 3: what the file prints goes elsewhere. Arguments: the file, and the names of the settings that matter.
 */
export const RUBY_PROGRAM = String.raw`
require 'json'
begin
  require 'chef/config'
rescue LoadError
  require 'mixlib/config'
  class Chef; class Config; extend Mixlib::Config; end; end
end
begin
  require 'mixlib/log'
rescue LoadError
  nil
end
unless defined?(Mixlib::Log::Formatter)
  module Mixlib; module Log; class Formatter; @@show_time = nil; def self.show_time=(show); @@show_time = show; end; end; end; end
end

class NotPlain < StandardError; end

def plain(value)
  case value
  when Symbol then { kind: 'symbol', name: value.to_s }
  when Regexp
    bits = { 'i' => Regexp::IGNORECASE, 'm' => Regexp::MULTILINE, 'x' => Regexp::EXTENDED }
    { kind: 'regexp', source: plain(value.source), flags: bits.select { |_, bit| value.options & bit != 0 }.keys.join }
  when Hash then { kind: 'hash', entries: value.map { |key, item| [plain(key), plain(item)] } }
  when Array then value.map { |item| plain(item) }
  when String
    text = value.encode('UTF-8')
    raise NotPlain, 'a text with bytes that are not UTF-8' unless text.valid_encoding?
    text
  when Integer, Float, true, false, nil then value
  when IO
    return { kind: 'constant', name: 'STDOUT' } if value.fileno == 1
    return { kind: 'constant', name: 'STDERR' } if value.fileno == 2
    raise NotPlain, 'a stream'
  else raise NotPlain, "an object of the class #{value.class}"
  end
end

FILES = []
LOOKED_AT = []
PLACES = {}
# What the file itself reads and lists: its result depends on that as well.
def look_at(paths, at)
  return unless at && FILES.include?(File.expand_path(at.path))
  paths.each do |path|
    next unless path.is_a?(String)
    plain = path[/\A[^*?\[{]*/]
    top = plain == path ? path : plain[%r{\A.*/}m] || '.'
    LOOKED_AT << File.expand_path(top)
    # A new file may be in any directory below.
    LOOKED_AT.concat(Dir.glob(File.join(top, '**', '*/')).map { |dir| File.expand_path(dir) }) if path.include?('**')
  end
end
def look_by(owner, names)
  owner.prepend(Module.new do
    names.each do |name|
      define_method(name) do |*args, &block|
        look_at(args.flatten, caller_locations(1, 1).first)
        super(*args, &block)
      end
      ruby2_keywords(name) if respond_to?(:ruby2_keywords, true)
    end
  end)
end
look_by(Dir.singleton_class, %i[glob [] children each_child entries foreach])
look_by(File.singleton_class, %i[exist? file? directory? read readlines])
look_by(IO.singleton_class, %i[read readlines])

Chef::Config.singleton_class.prepend(Module.new do
  define_method(:from_file) do |name, *rest, **more, &block|
    FILES << File.expand_path(name)
    super(name, *rest, **more, &block)
  end
  define_method(:internal_set) do |name, *rest|
    at = caller_locations.find { |place| FILES.include?(File.expand_path(place.path)) }
    PLACES[name.to_sym] = [File.expand_path(at.path), at.lineno] if at
    super(name, *rest)
  end
end)

file, relevant = ARGV[0], JSON.parse(ARGV[1])
before = ENV.to_h
answer =
  begin
    Mixlib::Log::Formatter.class_variable_set(:@@show_time, nil)
    Chef::Config.from_file(file)
    settings = PLACES.filter_map do |name, (from, line)|
      [name, plain(Chef::Config.configuration[name]), from, line]
    rescue NotPlain => error
      raise NotPlain, "#{from}:#{line}: #{name} is #{error.message}" if relevant.include?(name.to_s)
    end
    changed = (before.keys | ENV.keys).reject { |name| before[name] == ENV[name] }
    { settings: settings, files: (FILES + LOOKED_AT).uniq, environment: changed.map { |name| [name, ENV[name]] },
      showTime: Mixlib::Log::Formatter.class_variable_get(:@@show_time) }
  rescue NotPlain => error
    { failed: error.message }
  rescue Exception => error
    at = (error.backtrace_locations || []).find { |place| FILES.include?(File.expand_path(place.path)) }
    place = at ? "#{File.expand_path(at.path)}:#{at.lineno}: " : "#{file}: "
    { failed: "#{place}Ruby says #{error.class}: #{error.message.strip}" }
  end
IO.open(3, 'w') { |out| out.write(JSON.generate(answer)) }
exit!(0)
`;
