"""Real git, real Valkey and the real sandbox, together; nothing here is faked."""
