using Axvault.Client;

namespace Axvault.Api.WebConsole.Layout;

/// <summary>Makes the page of a failure.</summary>
internal static class FailurePage
{
    /// <summary>Makes the page of a refusal before anything was done.</summary>
    public static IResult Refuse(string message, int status) =>
        Results.RazorSlice(Failure.Create(new FailureModel(new PageFrame("Not done", ConsoleSection.None, null, null), message, [], null)), status);

    /// <summary>Makes the page of something that is not there.</summary>
    public static IResult NotFound(ConsoleVisit visit, string message) =>
        Results.RazorSlice(
            Failure.Create(new FailureModel(visit.Frame("Not found", ConsoleSection.None), message, [], null)),
            StatusCodes.Status404NotFound
        );

    /// <summary>Makes the page of a failed call.</summary>
    public static IResult Of(AxvaultException exception, ConsoleVisit visit)
    {
        var model = new FailureModel(
            visit.Frame(TitleOf(exception.Error), ConsoleSection.None),
            exception.Message,
            [.. exception.Errors.Select(static field => $"{field.Key} {field.Value}")],
            exception.TraceId
        );
        return Results.RazorSlice(Failure.Create(model), (int?)exception.Status ?? StatusCodes.Status503ServiceUnavailable);
    }

    private static string TitleOf(AxvaultError error) =>
        error switch
        {
            AxvaultError.Forbidden => "Not allowed",
            AxvaultError.NotFound => "Not found",
            AxvaultError.Conflict => "Changed meanwhile",
            AxvaultError.RateLimited => "Too many requests",
            AxvaultError.Unavailable or AxvaultError.Unreachable => "Not available now",
            AxvaultError.RefreshFailed => "Not refreshed",
            _ => "Not done",
        };
}
