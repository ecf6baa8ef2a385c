/// One fact that a step of the cutover depends on: what was measured, and whether it is enough.
package struct CutoverGate: Sendable, Equatable {
    package let name: String
    package let passed: Bool
    /// Whether the operator's word can take its place.
    package let overridable: Bool
    /// A sentence of what was measured and, when that is not enough, what to wait for or to do.
    package let detail: String

    init(_ name: String, passed: Bool, overridable: Bool = true, _ detail: String) {
        self.name = name
        self.passed = passed
        self.overridable = overridable
        self.detail = detail
    }
}
