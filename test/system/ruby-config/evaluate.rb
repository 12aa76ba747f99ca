# Evaluates configuration files as Chef programs do, with Ruby itself, and prints what they set as JSON.
# Arguments: the environment of the evaluation as JSON, then the files.
require 'json'
require 'mixlib/config'
require 'stringio'

module Mixlib
  module Log
    class Formatter
      class << self
        attr_accessor :show_time
      end
    end
  end
end

module Chef
  module Log
    def self.method_missing(*); end
  end
end

# Stands for the handlers that some files make.
module Some
  class Handler
    attr_accessor :log_level

    def initialize(*); end
  end
end

# What the Azure extension brings along.
module AzureExtension
  StartHandler = ReportHandler = ExceptionHandler = Some::Handler
end

Object.prepend(
  Module.new do
    def require(name)
      name.start_with?('chef/azure/') || super
    end
  end
)

module Ohai
  Config = { plugin_path: [], disabled_plugins: [] } # rubocop:disable Style/MutableConstant
end

# A hash with text and symbol keys alike, down to its last value.
class Indifferent < Hash
  def self.of(value)
    case value
    when Hash then value.each_with_object(new) { |(key, item), made| made[key] = item }
    when Array then value.map { |item| of(item) }
    else value
    end
  end

  def [](key)
    super(key.is_a?(Symbol) ? key.to_s : key)
  end

  def []=(key, value)
    super(key.is_a?(Symbol) ? key.to_s : key, Indifferent.of(value))
  end
end

# Sub-contexts of Chef's configuration: they take everything.
class Anything
  def method_missing(*)
    self
  end

  def respond_to_missing?(*)
    true
  end
end

OBJECTS = %i[opscode_pushy_server postgresql bootstrap knife].freeze
LISTS = %i[start_handlers report_handlers exception_handlers].freeze
CONTEXTS = %i[ohai chef_zero data_collector].freeze

def plain(value)
  case value
  when Symbol then { 'symbol' => value.to_s }
  when Regexp
    flags = [[Regexp::IGNORECASE, 'i'], [Regexp::MULTILINE, 'm'], [Regexp::EXTENDED, 'x']]
    { 'regexp' => value.source, 'flags' => flags.map { |bit, flag| (value.options & bit).zero? ? '' : flag }.join }
  when Hash then { 'hash' => value.map { |key, item| [plain(key), plain(item)] } }
  when Array then value.map { |item| plain(item) }
  when STDOUT then { 'constant' => 'STDOUT' }
  when STDERR then { 'constant' => 'STDERR' }
  when String, Numeric, true, false, nil then value
  else { 'object' => value.class.name }
  end
end

def evaluate(path)
  config = Class.new { extend Mixlib::Config }
  OBJECTS.each { |name| config[name] = Indifferent.new }
  LISTS.each { |name| config[name] = [] }
  CONTEXTS.each { |name| config[name] = Anything.new }
  Chef.send(:remove_const, :Config) if Chef.const_defined?(:Config, false)
  Chef.const_set(:Config, config)
  Mixlib::Log::Formatter.show_time = nil
  before = ENV.to_h
  # What a loaded file names belongs to everybody.
  named = Object.constants
  $stdout = StringIO.new
  config.from_file(path)
  settings = config.configuration.reject { |name, _| (OBJECTS + LISTS + CONTEXTS).include?(name) }
  scope = config.singleton_class
  {
    settings: settings.transform_values { |value| plain(value) },
    objects: OBJECTS.to_h { |name| [name, plain(config[name])] },
    environment: (before.keys | ENV.keys).reject { |name| before[name] == ENV[name] }.to_h { |name| [name, ENV[name]] },
    constants: (scope.constants(false) + Object.constants - named).to_h { |name| [name, plain(scope.const_get(name))] },
    showTime: Mixlib::Log::Formatter.show_time
  }
rescue Exception => error # rubocop:disable Lint/RescueException -- SyntaxError is one of them
  { failed: "#{error.class}: #{error.message.lines.first}" }
ensure
  $stdout = STDOUT
  ENV.replace(before) if before
end

ENV.replace(JSON.parse(ARGV.shift))
STDOUT.puts JSON.generate(ARGV.to_h { |path| [path, evaluate(path)] })
