extension Call {
    /// A whole number of the query, in digits alone; `nil` where it is not told.
    ///
    /// - Throws: `invalid_request` for anything else, or one out of range.
    func number(_ name: String, _ range: ClosedRange<Int64>) throws(APIError) -> Int64? {
        guard let text = try query(name) else { return nil }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(text), range.contains(number) else {
            throw .invalid(name, "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
