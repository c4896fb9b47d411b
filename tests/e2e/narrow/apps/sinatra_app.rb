# Sinatra with Rack::MethodOverride.
require "sinatra/base"
require "json"

class Echo < Sinatra::Base
  enable :method_override
  disable :protection
  set :environment, :production
  %i[get post put patch delete options].each do |verb|
    send(verb, "/*") do
      content_type :json
      { method: request.request_method, path: request.path_info, prefix: request.script_name, host: request.host }.to_json
    end
  end
end

require "rack/handler/webrick"
Rack::Handler::WEBrick.run(Echo, Host: "127.0.0.1", Port: ARGV[0].to_i, AccessLog: [], Logger: WEBrick::Log.new(File::NULL))
