// A key that is nobody's: of 512 bits, made for the tests (openssl genrsa 512).
#pragma once

namespace weir {

constexpr const char* worthless_rsa_key =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIIBUwIBADANBgkqhkiG9w0BAQEFAASCAT0wggE5AgEAAkEAojAekpEuqUbxkfxl\n"
    "oSSNUOgtJSztCZQH5mbHEsXAIXvIaRs0d32lfI8+LusmJqkP9DeZuyzBdM7CdyeL\n"
    "A8F5gQIDAQABAkARTvVUSu4h3pJVNAxcgBwcsEpxFzRMu2GEcx93n2b7q6CXqSMi\n"
    "jmGM/xiypBwqu1F6IiQY0DYaLThkzNZx25npAiEA07aDBr85R0EquJ8k+4iMiFel\n"
    "40gVru+LL7fzgU0FOTMCIQDEHXwJ3DqN/B6MYRzP9VFzIlRuYVzzP2CdbyT8N/EK\n"
    "ewIgc2QetiaziWqzZj0XYyFht05OVDqN1vMo4bFZPzhDiJECIFKVz/we/5F3EC4x\n"
    "Xv674bbISCHLYmcU00y41yxXKmwtAiAlda+bYThsHkqbTEgUwzqolje9ZzKEHcIu\n"
    "ODsCxbTRtg==\n"
    "-----END PRIVATE KEY-----\n";

}  // namespace weir
