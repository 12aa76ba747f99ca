# API clients in Ruby, as ADDON D.2 describes them, each a small program over Chef's own HTTP client. Arguments: the
# server's URL, a user, the path of his key. Prints a JSON object: what each client made of the answers.
require "chef/config"
require "chef/server_api"
require "chef/node"
require "chef/search/query"
require "date"
require "json"

URL, USER, KEY = ARGV

Chef::Config[:ssl_verify_mode] = :verify_none
Chef::Config[:http_retry_count] = 0
Chef::Config[:chef_server_url] = URL
Chef::Config[:node_name] = USER
Chef::Config[:client_key] = KEY

def rest
  Chef::ServerAPI.new(URL, client_name: USER, signing_key_filename: KEY)
end

# Looks at a job until its status is none of those that it is given; `pause` in seconds.
def poll(address, pause, busy = %w{new voting running})
  60.0.step(0, -pause) do
    job = rest.get(address)
    return job unless busy.include?(job["status"])

    sleep pause
  end
  raise "#{address} does not end"
end

CLIENTS = {
  # The body of version 1; a job without the key `failed` went well.
  "knife-pushy" => lambda do
    address = rest.post("pushy/jobs", { "command" => "greet", "nodes" => %w{web1 db1}, "quorum" => 2, "run_timeout" => 60 })["uri"]
    { "well" => !poll(address, 0.1)["nodes"].key?("failed") }
  end,

  "knife-pushy, a command that fails" => lambda do
    address = rest.post("pushy/jobs", { "command" => "fail", "nodes" => %w{web1}, "quorum" => 1, "run_timeout" => 60 })["uri"]
    { "well" => !poll(address, 0.1)["nodes"].key?("failed") }
  end,

  # No quorum, no timeout, ten looks a second.
  "the earliest plugins" => lambda do
    address = rest.post("pushy/jobs", { "command" => "greet", "nodes" => %w{web1} })["uri"]
    job = poll(address, 0.1)
    { "status" => job["status"], "keys" => rest.get("pushy/node_states/web1").keys.sort, "list" => rest.get("pushy/node_states").map { |n| n.keys.sort }.uniq }
  end,

  # The fork with `job output --search`: the same address for each node that is found.
  "job output --search" => lambda do
    address = rest.post("pushy/jobs", { "command" => "greet", "nodes" => %w{web1 db1}, "capture_output" => true, "env" => {} })["uri"]
    id = poll(address, 0.1)["id"]
    found = Chef::Search::Query.new.search(:node, "name:web* OR name:db*").first.map(&:name).sort
    found.to_h do |node|
      [node, rest.get("pushy/jobs/#{id}/output/#{node}/stdout", { "Accept" => "application/octet-stream" })]
    end
  end,

  # The resource `pushy`: the whole address, ten times a second, the id from its end; knife's rule for success.
  "LWRP" => lambda do
    nodes = %w{web1 db1}
    uri = rest.post("pushy/jobs", { "command" => "greet", "nodes" => nodes, "quorum" => nodes.length, "run_timeout" => 3600 })["uri"]
    job = poll(uri, 0.1)
    {
      "id" => uri[-32, 32] == job["id"],
      "success" => job["status"] == "complete" && (job["nodes"].keys - %w{succeeded nacked unavailable}).empty?,
    }
  end,

  # A leading slash, and dates.
  "delivery-sugar" => lambda do
    uri = rest.post("/pushy/jobs", { "command" => "greet", "nodes" => %w{web1}, "run_timeout" => 1800, "quorum" => 1 })["uri"]
    job = poll(uri, 0.2)
    raise "unknown status #{job["status"]}" unless %w{new voting running complete timed_out}.include?(job["status"])

    dates = %w{created_at updated_at}.map { |key| DateTime.parse(job[key]) }
    { "id" => job["id"] == uri[-32, 32], "succeeded" => job["nodes"]["succeeded"], "recent" => dates.all? { |d| (DateTime.now - d).abs < 1 } }
  end,

  # Only command and nodes; counts.
  "delivery-truck" => lambda do
    uri = rest.post("/pushy/jobs", { "command" => "greet", "nodes" => %w{web1 db1} })["uri"]
    job = poll(uri, 0.2)
    nodes = job["nodes"]
    { "all" => nodes.values.flatten.sort, "succeeded" => nodes["succeeded"].size, "failed" => nodes["failed"], "unavailable" => nodes["unavailable"], "id" => uri[-32, 32] == job["id"] }
  end,

  # The last piece of the address.
  "FoodPusher" => lambda do
    id = rest.post("pushy/jobs", { "command" => "greet", "nodes" => %w{web1}, "quorum" => 1, "run_timeout" => 60 })["uri"].split("/").last
    { "status" => poll("pushy/jobs/#{id}", 0.1)["status"], "nodes" => rest.get("pushy/node_states").map { |n| n["node_name"] }.sort }
  end,

  # knife's fall-back: any 400 is tried again without the keys of version 2.
  "knife, after a 400" => lambda do
    job = { "command" => "greet", "nodes" => %w{web1}, "quorum" => 1, "run_timeout" => 60 }
    begin
      rest.post("pushy/jobs", job.merge("capture_output" => false, "env" => {}, "a_key_of_version_3" => true))
    rescue Net::HTTPServerException => e
      raise unless e.response.code == "400"

      { "error" => JSON.parse(e.response.body)["error"], "status" => poll(rest.post("pushy/jobs", job)["uri"], 0.1)["status"] }
    end
  end,

  "knife, with what it always sends" => lambda do
    job = { "command" => "greet", "nodes" => %w{web1}, "quorum" => 1, "run_timeout" => 60, "capture_output" => false, "env" => {} }
    { "status" => poll(rest.post("pushy/jobs", job)["uri"], 0.1)["status"] }
  end,
}.freeze

def play(client)
  client.call
rescue StandardError => e
  { "raised" => "#{e.class}: #{e.message}" }
end

told = CLIENTS.to_h { |name, client| [name, play(client)] }
# The newest Chef clients sign by version 1.3.
Chef::Config[:authentication_protocol_version] = "1.3"
told["signed by 1.3"] = play(CLIENTS["LWRP"])
puts JSON.generate(told)
