import Glibc
import Logging

/// Log messages on standard error, one line each, without colour and without a time: the journal of the service manager adds that.
///
/// `listening on http://…`, then `warning: …` and `error: …` for what needs attention; fields follow as `name=value`. Control characters
/// are escaped, so that no request can forge a line.
struct LineLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    var logLevel: Logger.Level = .info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        Output.note(Self.line(event, fields(of: event)))
    }

    /// The fields of a message, its own and those of its logger, by name.
    func fields(of event: LogEvent) -> [(key: String, value: Logger.Metadata.Value)] {
        var fields = metadata
        if let provided = metadataProvider?.get() { fields.merge(provided) { $1 } }
        if let own = event.metadata { fields.merge(own) { $1 } }
        return fields.sorted { $0.key < $1.key }
    }

    /// A message and its fields on one line.
    static func line(_ event: LogEvent, _ fields: [(key: String, value: Logger.Metadata.Value)]) -> String {
        fields.reduce(prefix(event.level) + event.message.description) { "\($0) \($1.key)=\($1.value)" }
    }

    private static func prefix(_ level: Logger.Level) -> String {
        switch level {
        case .info, .notice: ""
        case .trace, .debug, .warning, .error: "\(level.rawValue): "
        case .critical: "error: "
        }
    }
}
