extension ScopeSet {
    /// The first scope of the set that covers `request`.
    package func match(_ request: Scope) -> Scope? {
        for scope in scopes where scope.covers(request) { return scope }
        return nil
    }

    package func covers(_ request: Scope) -> Bool {
        match(request) != nil
    }

    /// The first scope of this set that no scope of `holder` covers; `nil` when the set is a subset.
    ///
    /// Each scope has to be covered by one of the holder's alone: `read` and `write` together don't make `*`.
    package func firstNotCovered(by holder: ScopeSet) -> Scope? {
        for scope in scopes where !holder.covers(scope) { return scope }
        return nil
    }

    /// Whether `holder` may hand out all of this set. The empty set is a subset of every set.
    package func isSubset(of holder: ScopeSet) -> Bool {
        firstNotCovered(by: holder) == nil
    }

    /// Whether these scopes let their holder do everything, be it by `*` or by many that come to the same: each action, on every resource of
    /// every plane.
    package func holdsEverything(in planes: Planes) -> Bool {
        planes.names.allSatisfy { plane in
            Action.allCases.filter { $0 != .any }.allSatisfy { action in
                Scope.trusted(stored: "\(plane):*:\(action.rawValue):*").map(covers) ?? false
            }
        }
    }

    /// Those of these scopes that `holder` covers. A scope is kept whole or dropped, never narrowed.
    package func cut(to holder: ScopeSet) -> ScopeSet {
        ScopeSet(scopes.filter(holder.covers))
    }
}
