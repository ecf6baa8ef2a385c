/// What the store refuses or fails with. Two errors are equal when their codes are.
package struct StoreError: Error, Sendable {
    package enum Code: String, Sendable, CaseIterable {
        /// Disk full, map full, file or directory unwritable, I/O error: what was written is intact, writing may work again later.
        case unavailable
        /// The file is damaged or cut short.
        case corrupt
        /// The directory holds something that is not a store of this application.
        case foreign
        /// A later version of the program wrote it.
        case newer
        /// Another process, or another `Store` of this one, has it open.
        case locked
        /// The directory can't be used as a store: the message says why.
        case notOpenable
        /// The store was closed.
        case closed
        /// A key to be written is empty or longer than 511 bytes.
        case invalidKey
        /// A stored key or row is not of its table's form, or a row can't be brought into it.
        case undecodable
    }

    package let code: Code
    /// One sentence or two for a person: what was wrong and what to do. Never holds a key's or a row's content.
    package let message: String
    /// The operating system's or LMDB's number beneath, if there was one (LMDB's are negative).
    package let cause: Int32?

    package init(_ code: Code, _ message: String, cause: Int32? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }
}

extension StoreError: Equatable {
    package static func == (left: StoreError, right: StoreError) -> Bool { left.code == right.code }
}

extension StoreError: CustomStringConvertible {
    package var description: String { "\(code.rawValue): \(message)" }
}
