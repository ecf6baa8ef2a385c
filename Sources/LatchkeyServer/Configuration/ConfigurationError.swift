/// Why a configuration refuses the start: one sentence that names the setting and says what to do.
package struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    package let message: String

    init(_ message: String) { self.message = message }

    package var description: String { message }
}
