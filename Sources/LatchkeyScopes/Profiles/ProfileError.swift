/// Why something is no profile, or can't be promised. Two errors are equal when their codes are.
package struct ProfileError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: Sendable, Equatable {
        case invalidName
        case promisesNothing
        case unknownAction
        case invalidScope
        case unknownRoute
        /// A route that no API key of a service can call.
        case needsIdentity
        /// More scopes than a key can hold.
        case tooManyScopes
    }

    package let code: Code
    /// What is wrong and what to do; its subject, what is spoken of, is for whoever shows it to put before.
    package let message: String

    package var description: String { message }

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package static func == (one: ProfileError, other: ProfileError) -> Bool { one.code == other.code }
}
