//! The probes from outside: real sockets, real TLS, real processes, in real time.

mod it {
    mod constructors;
    #[cfg(all(feature = "exec", unix))]
    mod exec;
    mod file;
    #[cfg(feature = "grpc")]
    mod grpc;
    #[cfg(feature = "grpc")]
    mod grpc_calls;
    mod http_bodies;
    mod http_faults;
    mod http_settings;
    mod http_statuses;
    mod parsers;
    #[cfg(feature = "proxy")]
    mod proxy;
    #[cfg(all(feature = "proxy", feature = "tls"))]
    mod proxy_tunnel;
    mod secrets;
    mod support;
    mod tcp;
    #[cfg(feature = "tls")]
    mod tls;
    #[cfg(unix)]
    mod unix_socket;
}
