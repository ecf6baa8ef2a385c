import Testing

/// An error's answer in the one shape of contract §1, with all its members and the headers that its status asks for.
func expectError(_ reply: Reply, _ status: Int, _ code: String, _ what: String = "", location: SourceLocation = #_sourceLocation) {
    let json = reply.json
    let note = "\(what) \(reply.text)"
    #expect(reply.status == status, "\(note)", sourceLocation: location)
    #expect(json["code"]?.text == code, "\(note)", sourceLocation: location)
    #expect(json["error"] == json["code"], "\(note)", sourceLocation: location)
    #expect(json["status"]?.number == Double(reply.status), "\(note)", sourceLocation: location)
    #expect(json["message"]?.text?.isEmpty == false, "\(note)", sourceLocation: location)
    #expect(json["title"]?.text?.isEmpty == false, "\(note)", sourceLocation: location)
    #expect(json["type"]?.text?.hasPrefix("https://") == true, "\(note)", sourceLocation: location)
    #expect(json["type"]?.text?.hasSuffix("/errors/\(code)") == true, "\(note)", sourceLocation: location)
    #expect(json["requestId"]?.text == reply["x-request-id"], "\(note)", sourceLocation: location)
    #expect(json["requestId"]?.text?.isEmpty == false, "\(note)", sourceLocation: location)
    #expect(reply["content-type"] == "application/json", "\(note)", sourceLocation: location)
    #expect((reply["www-authenticate"] != nil) == (status == 401), "\(note)", sourceLocation: location)
}

/// A refusal of one member of a request.
func expectField(_ reply: Reply, _ field: String, _ what: String = "", location: SourceLocation = #_sourceLocation) {
    expectError(reply, 400, "invalid_request", what, location: location)
    #expect(reply.json["field"]?.text == field, "\(what) \(reply.text)", sourceLocation: location)
}
