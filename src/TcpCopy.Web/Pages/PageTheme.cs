using MudBlazor;

namespace TcpCopy.Web.Pages;

/// <summary>Colours and letters of the page; the fonts are the system's own.</summary>
internal static class PageTheme
{
    private static readonly string[] Fonts = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "sans-serif"];

    public static MudTheme Theme { get; } = new()
    {
        PaletteLight = new PaletteLight
        {
            Primary = "#2563b8",
            AppbarBackground = "#ffffff",
            AppbarText = "#1c2128",
            Background = "#f5f7f9",
            Surface = "#ffffff",
            TextPrimary = "#1c2128",
            TextSecondary = "#5c6675",
            LinesDefault = "#dde2e9",
            TableLines = "#e6eaef",
            Success = "#1d7f4a",
            Warning = "#b06a00",
            Error = "#c0342b",
        },
        PaletteDark = new PaletteDark
        {
            Primary = "#6aa8f0",
            AppbarBackground = "#171b21",
            AppbarText = "#e4e8ee",
            Background = "#101318",
            Surface = "#181c22",
            TextPrimary = "#e4e8ee",
            TextSecondary = "#98a2b1",
            LinesDefault = "#2b323c",
            TableLines = "#262d36",
            Success = "#57c084",
            Warning = "#e2a94a",
            Error = "#f0796f",
        },
        Typography = new Typography { Default = new DefaultTypography { FontFamily = Fonts, FontSize = ".9rem" } },
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "6px" },
    };
}
