import LatchkeyScopes

/// Reads profiles from JSON. Nothing that it doesn't know is passed over, and every refusal names the member that it is about.
struct ProfilesReader {
    private static let mostProfiles = 100
    private static let mostElements = 100
    private static let longestDescription = 500

    let path: String

    /// - Throws: `.usage`.
    func profiles(_ bytes: [UInt8]) throws(CommandFailure) -> [Profile] {
        guard String(validating: bytes, as: UTF8.self) != nil, let document = try? JSONDocument(bytes) else {
            throw CommandFailure(.usage, "the profiles' file \(path) is not JSON")
        }
        let file = try members(of: document.root, at: "", known: ["profiles"])
        guard let value = file["profiles"] else { throw failure("", "has no member \"profiles\"") }
        guard let members = value.members, !members.isEmpty else { throw failure("profiles", "is no object with a profile in it") }
        guard members.count <= Self.mostProfiles else { throw failure("profiles", "has more than \(Self.mostProfiles) members") }
        try requireDistinct(members.map(\.name), at: "profiles")
        var profiles: [Profile] = []
        for (name, value) in members { profiles.append(try profile(name, value, at: "profiles.\(name)")) }
        return profiles
    }

    private func profile(_ name: String, _ value: JSONValue, at place: String) throws(CommandFailure) -> Profile {
        let members = try members(of: value, at: place, known: ["description", "routes", "files", "scopes"])
        var routes: [RouteName] = []
        for (text, place) in try texts(members["routes"], at: place + ".routes") {
            guard let route = RouteName(text) else {
                throw failure(place, "is no route: write a method and a path, as in POST /v1/identities")
            }
            routes.append(route)
        }
        var files: [Profile.FileUse] = []
        for (value, place) in try elements(members["files"], at: place + ".files") { files += try uses(value, at: place) }
        var scopes: [Scope] = []
        for (text, place) in try texts(members["scopes"], at: place + ".scopes") {
            let scope: Scope
            do {
                scope = try Scope(onAnyPlane: text)
            } catch {
                throw failure(place, "is no scope: \(error.message)")
            }
            if let slip = scope.slip { throw failure(place, "is a slip: \(slip)") }
            scopes.append(scope)
        }
        let description = try members["description"].map { value throws(CommandFailure) in try text(value, at: place + ".description") }
        guard (description ?? "").unicodeScalars.count <= Self.longestDescription else {
            throw failure(place + ".description", "is longer than \(Self.longestDescription) characters")
        }
        do {
            return try Profile(name: name, description: description, routes: routes, files: files, scopes: scopes)
        } catch {
            throw failure(place, error.message)
        }
    }

    private func uses(_ value: JSONValue, at place: String) throws(CommandFailure) -> [Profile.FileUse] {
        let members = try members(of: value, at: place, known: ["path", "actions"])
        guard let value = members["path"] else { throw failure(place, "has no member \"path\"") }
        let path = try text(value, at: place + ".path")
        let actions = try texts(members["actions"], at: place + ".actions")
        guard !actions.isEmpty else { throw failure(place, "names no action, as in \"actions\":[\"read\"]") }
        var uses: [Profile.FileUse] = []
        for action in actions {
            do {
                uses.append(try Profile.FileUse(action: action.text, path: path))
            } catch {
                throw failure(error == ProfileError(.unknownAction, "") ? action.place : place + ".path", error.message)
            }
        }
        return uses
    }

    private func members(of value: JSONValue, at place: String, known: [String]) throws(CommandFailure) -> [String: JSONValue] {
        guard let members = value.members else { throw failure(place, "is no object") }
        let names = members.map(\.name)
        try requireDistinct(names, at: place)
        if let unknown = names.first(where: { !known.contains($0) }) {
            let guess =
                KnownWords.nearest(to: unknown, among: known).map { "; did you mean \"\($0)\"?" }
                ?? ": known are \(known.joined(separator: ", "))"
            throw failure(place, "has a member \(Shown.word(String(unknown.prefix(200)))) that is not known\(guess)")
        }
        return Dictionary(members.map { ($0.name, $0.value) }) { first, _ in first }
    }

    private func requireDistinct(_ names: [String], at place: String) throws(CommandFailure) {
        var seen: Set<String> = []
        if let twice = names.first(where: { !seen.insert($0).inserted }) {
            throw failure(place, "has the member \(Shown.word(String(twice.prefix(200)))) twice")
        }
    }

    private func elements(_ value: JSONValue?, at place: String) throws(CommandFailure) -> [(value: JSONValue, place: String)] {
        guard let value else { return [] }
        guard let elements = value.elements else { throw failure(place, "is no list") }
        guard elements.count <= Self.mostElements else { throw failure(place, "has more than \(Self.mostElements) elements") }
        return elements.enumerated().map { ($0.element, "\(place)[\($0.offset)]") }
    }

    private func texts(_ value: JSONValue?, at place: String) throws(CommandFailure) -> [(text: String, place: String)] {
        var texts: [(text: String, place: String)] = []
        for (value, place) in try elements(value, at: place) { texts.append((try text(value, at: place), place)) }
        return texts
    }

    private func text(_ value: JSONValue, at place: String) throws(CommandFailure) -> String {
        guard let text = value.text else { throw failure(place, "is no text") }
        return text
    }

    /// A member's name may be as long as the file.
    private func failure(_ place: String, _ message: String) -> CommandFailure {
        let place = place.isEmpty ? "the top level" : String(place.prefix(200))
        return CommandFailure(.usage, "in the profiles' file \(path), \(place) \(message)")
    }
}
