namespace Axvault.Api.Http.Description;

/// <summary>The form that is the body of a call. The framework's own metadata would refuse another body before the handler, with problem details.</summary>
/// <param name="Fields">The type that describes the fields.</param>
internal sealed record FormBody(Type Fields);
