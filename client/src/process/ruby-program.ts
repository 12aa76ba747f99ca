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
PLACES = {}
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
    { settings: settings, files: FILES.uniq, environment: changed.map { |name| [name, ENV[name]] },
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
