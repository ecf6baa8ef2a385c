extension Scope {
    /// Why nobody can have meant this scope, though the grammar allows it: nothing of its plane asks for its resource, which is one edit away
    /// from one that is asked for. `nil` when nothing speaks against it.
    ///
    /// The grammar leaves resources open, because other services have their own; on the planes `relayauth` and `relayfile` they are known.
    package var slip: String? {
        guard plane != "*", resource != "*", let word = KnownWords.nearest(to: resource, among: KnownWords.resources(of: plane)) else {
            return nil
        }
        // What is no path of the other resource is a second slip.
        let meant = (try? Scope("\(plane):\(word):\(action):\(path)"))?.text ?? word
        return "nothing of the plane \(plane) asks for the resource \"\(resource)\"; did you mean \"\(meant)\"?"
    }
}
