# The Ruby half of the tests that hold our signatures against Ruby's: reads one JSON request a line and answers each
# with one JSON line. Texts that are bytes travel as base64; a header value travels as one character for each byte.
require "json"
require "time"
require "openssl"
require "mixlib/authentication"
require "mixlib/authentication/signatureverification"
require "mixlib/authentication/version"

# What mixlib-authentication asks of a web framework's request.
Received = Struct.new(:method, :path, :env, :raw_post) do
  def params
    {}
  end
end

def bytes(base64)
  base64.unpack1("m0")
end

def base64(bytes)
  [bytes].pack("m0")
end

def wire(header)
  header.encode("ISO-8859-1").b
end

OPERATIONS = {
  "versions" => lambda { |_| { "ruby" => RUBY_VERSION, "gem" => Mixlib::Authentication::VERSION } },

  "sign" => lambda do |r|
    api = r["serverApiVersion"]
    headers = api.nil? ? {} : { "X-Ops-Server-API-Version" => api.to_s }
    signed = Mixlib::Authentication::SignedHeaderAuth.signing_object(
      http_method: r["method"].downcase.to_sym,
      path: r["path"].b,
      body: bytes(r["body"]),
      timestamp: r["timestamp"],
      user_id: r["userId"].b,
      proto_version: r["version"],
      headers: headers
    ).sign(OpenSSL::PKey::RSA.new(r["key"]))
    signed.merge(headers).transform_values { |value| value.b.force_encoding("ISO-8859-1").encode("UTF-8") }
  end,

  "verify" => lambda do |r|
    env = r["headers"].to_h { |name, value| ["HTTP_#{name.upcase.tr("-", "_")}", wire(value)] }
    env["HTTP_HOST"] = "chef.example.com"
    request = Received.new(r["method"], r["path"].b, env, bytes(r["body"]))
    verification = Mixlib::Authentication::SignatureVerification.new(request)
    # Seconds; the timestamps of the tests are fixed.
    genuine = verification.authenticate_request(OpenSSL::PKey::RSA.new(r["key"]), 10_000_000_000)
    genuine ? genuine.name.dup.force_encoding("UTF-8") : nil
  end,

  "public_decrypt" => ->(r) { base64(OpenSSL::PKey::RSA.new(r["key"]).public_decrypt(bytes(r["data"]))) },
  "private_encrypt" => ->(r) { base64(OpenSSL::PKey::RSA.new(r["key"]).private_encrypt(bytes(r["data"]))) },
  "public_encrypt" => ->(r) { base64(OpenSSL::PKey::RSA.new(r["key"]).public_encrypt(bytes(r["data"]))) },
  "private_decrypt" => ->(r) { base64(OpenSSL::PKey::RSA.new(r["key"]).private_decrypt(bytes(r["data"]))) },
  "hmac_sha256" => ->(r) { base64(OpenSSL::HMAC.digest("SHA256", bytes(r["key"]), bytes(r["data"]))) },
  "httpdate" => ->(r) { Time.at(r["ms"] / 1000).utc.httpdate },
}.freeze

$stdout.sync = true
$stdin.each_line do |line|
  request = JSON.parse(line)
  answer =
    begin
      { "value" => OPERATIONS.fetch(request["operation"]).call(request) }
    rescue StandardError => e
      { "error" => "#{e.class}: #{e.message}" }
    end
  $stdout.puts(JSON.generate(answer))
end
