/// Why a connection to the daemon was not made, or gives no answer. What the system or TLS says of it is not wrapped.
enum ConnectionFailure: Error {
    /// What answers there began no TLS session in time.
    case handshakeTimeout
    /// Nothing came for as long as is waited.
    case silence
    /// The other side closed it.
    case closed
}
