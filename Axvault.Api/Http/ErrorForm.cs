using Microsoft.AspNetCore.Mvc;

namespace Axvault.Api.Http;

/// <summary>Marks calls whose refusals have another form than problem details, because their clients read no other.</summary>
internal abstract class ErrorForm
{
    /// <summary>Writes the answer of <paramref name="problem"/>, whose status and detail are set.</summary>
    public abstract Task WriteAsync(HttpContext http, ProblemDetails problem);
}
