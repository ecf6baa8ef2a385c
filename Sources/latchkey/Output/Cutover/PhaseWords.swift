/// What each phase of the cutover means, and what comes after it.
enum PhaseWords {
    static func meaning(of phase: String) -> String? {
        switch phase {
        case "none": "this install signs RS256 and knows no legacy secret"
        case "legacy": "tokens are signed with the legacy secret (HS256); RS256 verifies too"
        case "published": "tokens are signed with the legacy secret (HS256); the JWKS is proven public, and verifiers load it"
        case "cutover": "tokens are signed RS256; HS256 still verifies"
        case "sunset": "RS256 only; the legacy secret is kept, so that this can be rolled back"
        case "purged": "RS256 only; the legacy secret is gone from the store"
        default: nil
        }
    }

    /// What holds from the next request on when a step to a phase is taken, whichever way it is reached.
    static func consequence(of phase: String) -> String {
        switch phase {
        case "legacy", "published": "tokens will be signed HS256; RS256 verifies too"
        case "cutover": "tokens will be signed RS256; HS256 verifies too"
        case "sunset": "every HS256 token will be refused"
        case "purged": "the legacy secret will be destroyed, and nothing can be rolled back any more"
        default: "the cutover will go on"
        }
    }

    static func next(after phase: String) -> String? {
        switch phase {
        case "none": "with a legacy secret to move away from: latchkey cutover import-secret --help"
        case "legacy": "see what the next step needs: latchkey cutover advance --dry-run"
        case "published":
            "name every verifier: latchkey cutover verifiers add NAME --accepts rs256,hs256; then latchkey cutover advance --dry-run"
        case "cutover": "watch who still presents HS256 tokens: latchkey cutover status; back with: latchkey cutover rollback"
        case "sunset": "when it has held for long enough: latchkey cutover purge --dry-run; back with: latchkey cutover rollback"
        case "purged":
            "destroy every other copy of the secret: older backups of this store still hold it; then latchkey seal rewrap, so that nothing opens what is "
                + "left of it in the store's free pages"
        default: nil
        }
    }
}
